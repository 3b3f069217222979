package dev.remask.trainer.model;

import dev.remask.mlm.Example;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.NextSentence;
import dev.remask.trainer.StepResult;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model whose weights, gradients and dropout masks a test sees. */
public final class Opened implements AutoCloseable {
  private final Roberta model;
  private final Dropout dropout;

  private Opened(ModelShape shape, Settings settings, Kernels kernels) {
    this.model = new Roberta(shape, settings, kernels);
    this.dropout = new Dropout(settings.dropout(), settings.seed());
    SplitMix64 random = new SplitMix64(9, 9); // gains, shifts and biases off their special starts
    for (Layout.Tensor tensor : model.layout().tensors()) {
      for (int i = 0; i < tensor.length(); i++) {
        model.parameters().increase(tensor.offset() + i, (float) (0.05 * random.gaussian()));
      }
    }
  }

  public static Opened fastest(ModelShape shape, Settings settings) {
    return new Opened(shape, settings, Kernels.fastest());
  }

  public static Opened scalar(ModelShape shape, Settings settings) {
    return new Opened(shape, settings, new ScalarKernels());
  }

  /** With a GELU whose slope is a thousandth too large. */
  public static Opened withWrongGelu(ModelShape shape, Settings settings) {
    return new Opened(
        shape,
        settings,
        new ScalarKernels() {
          @Override
          public void gelu(Floats x, Floats bias, Floats slope, int rows, int width) {
            super.gelu(x, bias, slope, rows, width);
            scale(slope, 0, rows * width, 1.001f);
          }
        });
  }

  /** With the gradient of the pooled token as if its tanh were none. */
  public static Opened withWrongPooler(ModelShape shape, Settings settings) {
    return new Opened(
        shape,
        settings,
        new ScalarKernels() {
          @Override
          public void tanhBackward(Floats d, Floats y, int count) {}
        });
  }

  /** With the masks before each residual addition shifted by one element in the forward pass. */
  public static Opened withWrongDropout(ModelShape shape, Settings settings) {
    return new Opened(
        shape,
        settings,
        new ScalarKernels() {
          @Override
          public void addResidual(
              Dropout.Mask mask,
              Floats bias,
              Floats residual,
              Floats x,
              int at,
              int rows,
              int width) {
            Dropout.Mask other =
                new Dropout.Mask(mask.start() + 1, mask.key(), mask.below(), mask.scale());
            super.addResidual(other, bias, residual, x, at, rows, width);
          }
        });
  }

  /** With AdamW that forgets the decay. */
  public static Opened withWrongAdamW(ModelShape shape, Settings settings) {
    return new Opened(
        shape,
        settings,
        new ScalarKernels() {
          @Override
          public void adamW(
              Floats p, Floats m, Floats v, Floats g, int from, int to, AdamW.Update u) {
            AdamW.Update other =
                new AdamW.Update(
                    u.gradientScale(),
                    u.beta1(),
                    u.oneMinusBeta1(),
                    u.beta2(),
                    u.oneMinusBeta2(),
                    1,
                    u.rate(),
                    u.rootScale(),
                    u.epsilon());
            super.adamW(p, m, v, g, from, to, other);
          }
        });
  }

  public Map<String, float[]> weights() {
    return tensors(model.parameters());
  }

  /**
   * Of the summed loss, which is returned; reduced over the workers. Of pairs, the mean of the
   * next-sentence loss is in it as often as there are tokens to predict.
   */
  public double backpropagate(List<Example> batch, long step) {
    Evaluation sums = model.backpropagate(batch, step, () -> false).orElseThrow();
    model.reduce();
    NextSentence pairs = sums.nextSentence();
    return sums.lossSum() + (pairs.isPresent() ? sums.tokens() * pairs.loss() : 0);
  }

  public Map<String, float[]> gradients() {
    return tensors(model.gradient());
  }

  public StepResult step(List<Example> batch, double learningRate, long step) {
    return model.step(batch, learningRate, step);
  }

  /** What an example's elements at a site are multiplied with in a step. */
  public float[] factors(Example example, long step, int site, int count) {
    long key = dropout.key(step, example.epoch(), example.partition(), example.sequence());
    Dropout.Mask mask = dropout.mask(key, site);
    float[] factors = new float[count];
    for (int i = 0; i < count; i++) {
      factors[i] = mask.factor(i);
    }
    return factors;
  }

  /** By name; query, key and value of a layer as one, as libtorch's model has them. */
  private Map<String, float[]> tensors(Floats flat) {
    float[] all = flat.toArray();
    Map<String, float[]> tensors = new LinkedHashMap<>();
    for (Layout.Tensor tensor : model.layout().tensors()) {
      String name = tensor.name();
      if (name.contains("self.key") || name.contains("self.value")) {
        continue;
      }

      int times = name.contains("self.query") ? 3 : 1;
      float[] values = new float[times * tensor.length()];
      System.arraycopy(all, tensor.offset(), values, 0, values.length);
      tensors.put(name.replace("self.query", "self.qkv"), values);
    }
    return tensors;
  }

  @Override
  public void close() {
    model.close();
  }
}
