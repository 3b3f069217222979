package dev.remask.bench;

import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.cblas_sgemm;

import dev.remask.trainer.ModelShape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.javacpp.FloatPointer;

/**
 * What a training step could do at most: floating-point operations a second of the feed-forward
 * part's products, {@code [2048, H] · [F, H]ᵀ}, with as many threads, and nothing else done.
 */
final class MatrixProducts implements AutoCloseable {
  private static final int ROWS = 2_048;
  private static final double LEAST_FLOPS = 1e10;

  private final int in;
  private final int out;
  private final int repeats;
  private final List<Operands> operands = new ArrayList<>();
  private final ExecutorService threads;
  private final List<Double> measured = new ArrayList<>();

  private record Operands(FloatPointer x, FloatPointer weight, FloatPointer y) {}

  MatrixProducts(ModelShape shape, int threads) {
    this.in = shape.hidden();
    this.out = shape.feedForward();
    this.repeats = (int) Math.ceil(LEAST_FLOPS / flops());
    this.threads = Executors.newFixedThreadPool(threads);
    for (int i = 0; i < threads; i++) {
      operands.add(new Operands(ones(ROWS * in), ones(out * in), ones(ROWS * out)));
    }
  }

  private static FloatPointer ones(int length) {
    FloatPointer pointer = new FloatPointer((long) length);
    for (int i = 0; i < length; i++) {
      pointer.put(i, 1);
    }
    return pointer;
  }

  private double flops() {
    return 2.0 * ROWS * in * out;
  }

  void measure() throws Exception {
    List<Callable<Integer>> work = new ArrayList<>();
    operands.forEach(one -> work.add(() -> multiply(one)));
    double seconds =
        Timing.seconds(
            () -> {
              long done = 0;
              for (Future<Integer> one : threads.invokeAll(work)) {
                done += one.get();
              }
              return done;
            });
    measured.add(operands.size() * repeats * flops() / seconds);
  }

  private int multiply(Operands one) {
    for (int i = 0; i < repeats; i++) {
      cblas_sgemm(
          CblasRowMajor,
          CblasNoTrans,
          CblasTrans,
          ROWS,
          out,
          in,
          1,
          one.x(),
          in,
          one.weight(),
          in,
          0,
          one.y(),
          out);
    }
    return repeats;
  }

  /** Of all that was measured, operations a second. */
  double median() {
    return Measure.median(measured.stream().mapToDouble(value -> value).toArray());
  }

  @Override
  public void close() {
    threads.shutdown();
    operands.forEach(
        one -> {
          one.x().close();
          one.weight().close();
          one.y().close();
        });
  }
}
