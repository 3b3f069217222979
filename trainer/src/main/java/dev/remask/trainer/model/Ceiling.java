package dev.remask.trainer.model;

import dev.remask.trainer.ModelShape;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Locale;
import java.util.stream.DoubleStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What BLAS alone does on all workers at once, in products of the model's own shape. Told by
 * processor time, so that it means the same while a broker shares the cores.
 */
final class Ceiling {
  private static final Logger LOG = LoggerFactory.getLogger(Ceiling.class);
  private static final long MEASURE_NS = 120_000_000;

  /** Of one product at most, so that large models are measured as soon; and of a round at least. */
  private static final double PRODUCT_MAX = 2e9;

  private static final double ROUND_MIN = 5e8;
  private static final double NS = 1e9;

  private Ceiling() {}

  /** The product of so many rows in one worker's memory: {@code [rows, H] · [F, H]ᵀ}. */
  interface Product {
    void multiply(int worker, int rows);
  }

  /**
   * @param rows of a full micro-batch
   */
  static double operationsPerSecond(Workers threads, ModelShape shape, int rows, Product product) {
    double perRow = 2.0 * shape.hidden() * shape.feedForward();
    int measured = (int) Math.max(1, Math.min(rows, PRODUCT_MAX / perRow));
    double operations = perRow * measured;
    double[] rates = new double[threads.count()];
    threads.run(w -> rates[w] = rate(operations, () -> product.multiply(w, measured)));
    int cores = Runtime.getRuntime().availableProcessors();
    double together = DoubleStream.of(rates).sum() * Math.min(1, (double) cores / threads.count());
    LOG.info(
        "Products of {} x {} x {} on {} workers: {} GFLOP/s together",
        measured,
        shape.hidden(),
        shape.feedForward(),
        threads.count(),
        String.format(Locale.ROOT, "%.0f", together / NS));
    return together;
  }

  /** The best round of this thread; the first may be the one in which memory is first touched. */
  private static double rate(double operations, Runnable product) {
    int repeats = (int) Math.ceil(ROUND_MIN / operations);
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long start = System.nanoTime();
    double best = 0;
    for (int round = 0; round < 2 || System.nanoTime() - start < MEASURE_NS; round++) {
      long before = threads.getCurrentThreadCpuTime();
      for (int i = 0; i < repeats; i++) {
        product.run();
      }
      long nanoseconds = Math.max(1, threads.getCurrentThreadCpuTime() - before);
      best = Math.max(best, repeats * operations * NS / nanoseconds);
    }
    return best;
  }
}
