package dev.remask.bench;

import dev.remask.mlm.Example;
import dev.remask.trainer.ModelShape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.javacpp.Loader;
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
  private final ExecutorService threads;

  LibtorchPeer(ModelShape shape, List<List<Example>> microBatches, double dropout) {
    this.dropout = LibtorchRoberta.Dropout.random(dropout);
    this.batches = microBatches.stream().map(LibtorchBatch::of).toList();
    LibtorchRoberta first = new LibtorchRoberta(shape, random(shape));
    models.add(first);
    while (models.size() < batches.size()) {
      models.add(first.twin());
    }
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

  @Override
  public void close() {
    threads.shutdown();
  }
}
