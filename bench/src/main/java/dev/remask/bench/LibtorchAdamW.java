package dev.remask.bench;

import dev.remask.trainer.model.AdamW;
import java.util.Collection;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.OptimizerParamGroup;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** libtorch's AdamW and its clipping by the global norm; weight decay on matrices alone. */
final class LibtorchAdamW {
  private static final int GROUPS = 2;

  private final AdamW settings;
  private final TensorVector all;
  private final org.bytedeco.pytorch.AdamW optimizer;

  LibtorchAdamW(Map<String, Tensor> parameters, AdamW settings) {
    this.settings = settings;
    this.all = vector(parameters.values());
    this.optimizer =
        new org.bytedeco.pytorch.AdamW(
            vector(parameters.values().stream().filter(t -> t.dim() > 1).toList()),
            options(settings.decay()));
    this.optimizer.add_param_group(
        new OptimizerParamGroup(
            vector(parameters.values().stream().filter(t -> t.dim() == 1).toList()), options(0)));
  }

  private static TensorVector vector(Collection<Tensor> tensors) {
    return new TensorVector(tensors.toArray(new Tensor[0]));
  }

  private AdamWOptions options(double decay) {
    AdamWOptions made = new AdamWOptions(0);
    made.betas().put(0, settings.beta2()); // a std::tuple, which GCC's library stores backwards
    made.betas().put(1, settings.beta1());
    made.eps().put(settings.epsilon());
    made.weight_decay().put(decay);
    return made;
  }

  /**
   * Divides the summed gradients, clips them and takes a step.
   *
   * @return the norm of the divided gradients before they were clipped
   */
  @SuppressWarnings("try") // the scope frees what libtorch makes inside of it
  double step(double divisor, double learningRate) {
    try (PointerScope scope = new PointerScope()) {
      Scalar factor = new Scalar(1 / divisor);
      for (long i = 0; i < all.size(); i++) {
        all.get(i).mutable_grad().mul_(factor);
      }
      double norm = torch.clip_grad_norm_(all, settings.clip());
      for (int group = 0; group < GROUPS; group++) {
        optimizer.param_groups().get(group).options().set_lr(learningRate);
      }
      optimizer.step();
      return norm;
    }
  }
}
