package dev.remask.bench;

import dev.remask.mlm.Example;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.model.AdamW;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * libtorch in the form that is fastest on few cores: as many threads as micro-batches, each with a
 * graph and gradients of its own over shared weights, and one thread inside of libtorch's
 * operators.
 */
final class LibtorchPeer implements AutoCloseable {
  private static final double DEVIATION = 0.02;

  private final List<LibtorchRoberta> models = new ArrayList<>();
  private final List<LibtorchBatch> batches;
  private final LibtorchRoberta.Dropout dropout;
  private final long predictions;
  private final LibtorchAdamW optimizer;
  private final ExecutorService threads;

  LibtorchPeer(
      ModelShape shape, List<List<Example>> microBatches, LibtorchRoberta.Dropout dropout) {
    openblas.blas_set_num_threads(1); // libtorch's own number does not reach its BLAS
    this.dropout = dropout;
    this.batches = microBatches.stream().map(LibtorchBatch::of).toList();
    LibtorchRoberta first = new LibtorchRoberta(shape, random(shape));
    models.add(first);
    while (models.size() < batches.size()) {
      models.add(first.twin());
    }
    this.predictions =
        microBatches.stream()
            .flatMap(List::stream)
            .mapToLong(example -> example.masked().positions().length)
            .sum();
    this.optimizer = new LibtorchAdamW(first.parameters(), AdamW.ROBERTA);
    this.threads = Executors.newFixedThreadPool(batches.size());
  }

  /** Whether its library runs on this system. */
  static boolean isHere() {
    try {
      Loader.load(torch.class);
      return true;
    } catch (LinkageError e) {
      return false;
    }
  }

  private static Map<String, Tensor> random(ModelShape shape) {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    LibtorchRoberta.shapes(shape)
        .forEach(
            (name, sizes) ->
                parameters.put(
                    name,
                    (name.contains("orm.weight")
                            ? torch.ones(sizes)
                            : torch.randn(sizes).mul_(new Scalar(DEVIATION)))
                        .set_requires_grad(true)));
    return parameters;
  }

  LibtorchRoberta model(int thread) {
    return models.get(thread);
  }

  /** Forward and backward on every thread, from no gradients. */
  long backpropagate() throws Exception {
    List<Callable<Double>> work = new ArrayList<>();
    for (int i = 0; i < models.size(); i++) {
      LibtorchRoberta model = models.get(i);
      LibtorchBatch batch = batches.get(i);
      work.add(
          () -> {
            torch.set_num_threads(1); // each thread has a number of its own
            model.dropGradients();
            return model.backpropagate(batch, dropout);
          });
    }
    double loss = 0;
    for (Future<Double> one : threads.invokeAll(work)) {
      loss += one.get();
    }
    return Double.doubleToLongBits(loss);
  }

  /**
   * Adds up the gradients of the last passes, divides, clips, and takes a step of AdamW; with as
   * many threads inside of libtorch's operators as there were outside.
   */
  @SuppressWarnings("try") // the scope frees what libtorch makes inside of it
  long update(double learningRate) {
    torch.set_num_threads(models.size());
    try (PointerScope scope = new PointerScope()) {
      LibtorchRoberta total = models.get(0);
      for (LibtorchRoberta other : models.subList(1, models.size())) {
        other
            .parameters()
            .forEach((name, tensor) -> total.parameter(name).mutable_grad().add_(tensor.grad()));
      }
    }
    return Double.doubleToLongBits(optimizer.step((double) predictions, learningRate));
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
