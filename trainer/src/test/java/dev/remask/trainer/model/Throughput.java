package dev.remask.trainer.model;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.trainer.ModelShape;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Steps of the demo's model on random tokens, for a number of seconds: tokens per second. */
final class Throughput {
  private Throughput() {}

  public static void main(String[] arguments) {
    int seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 20;
    int microBatch = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 16;
    boolean scalar = arguments.length > 2 && arguments[2].equals("scalar");
    ModelShape shape = new ModelShape(2, 64, 2, 256, 2048, 64);
    Settings settings = new Settings(Initialization.SHORT_RUN, AdamW.ROBERTA, 0, 1, 2, microBatch);
    List<List<Example>> batches = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      batches.add(batch(64, shape, new Random(i)));
    }
    Kernels kernels = scalar ? new ScalarKernels() : Kernels.fastest();
    try (Roberta model = new Roberta(shape, settings, kernels)) {
      System.out.println(model.fingerprint());
      long start = System.nanoTime();
      long tokens = 0;
      long windowStart = start;
      double windowCpu = cpuSeconds();
      for (long step = 1; System.nanoTime() - start < seconds * 1_000_000_000L; step++) {
        var result = model.step(batches.get((int) (step % batches.size())), 1e-3, step);
        tokens += result.realTokens();
        double window = (System.nanoTime() - windowStart) / 1e9;
        if (window > 2) {
          System.out.printf(
              "%5.1f s  step %d  %,.0f tokens/s, %,.0f per CPU second  loss %.3f%n",
              (System.nanoTime() - start) / 1e9,
              step,
              tokens / window,
              tokens / (cpuSeconds() - windowCpu),
              result.loss());
          windowCpu = cpuSeconds();
          tokens = 0;
          windowStart = System.nanoTime();
        }
      }
    }
  }

  private static double cpuSeconds() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime()
        / 1e9;
  }

  /** Sequences a little shorter than the longest, as packing leaves them; 15 % masked. */
  private static List<Example> batch(int sequences, ModelShape shape, Random random) {
    return IntStream.range(0, sequences)
        .mapToObj(
            s -> {
              int length = shape.positions() - random.nextInt(4);
              int[] ids = random.ints(length, 5, shape.vocabulary() - 1).toArray();
              int[] positions =
                  random.ints(0, length).distinct().limit(length * 15 / 100).sorted().toArray();
              int[] labels = IntStream.of(positions).map(p -> ids[p]).toArray();
              for (int position : positions) {
                ids[position] = shape.vocabulary() - 1;
              }
              return new Example(0, 0, s, new Masked(ids, positions, labels));
            })
        .toList();
  }
}
