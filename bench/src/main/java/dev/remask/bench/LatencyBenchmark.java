package dev.remask.bench;

import java.util.List;
import java.util.Random;

/**
 * Milliseconds from the send of a document that completes a segment until its masked example is
 * handed to a committed reader: through packer and live masker, two transactions. One document at a
 * time; after each a pause of random length, so that commits and documents keep no step.
 */
final class LatencyBenchmark implements Benchmark {
  private static final int DOCUMENTS = 200;
  private static final int WARM_UP_EACH = 10;
  private static final int PAUSE_MS_MAX = 250;

  @Override
  public List<Row> run(Setup setup) throws Exception {
    try (LiveRun run = new LiveRun(setup)) {
      run.warmUp(WARM_UP_EACH);
      Random random = new Random(1);
      double[] millis = new double[DOCUMENTS];
      for (int i = 0; i < DOCUMENTS; i++) {
        int partition = i % run.partitions();
        Thread.sleep(random.nextInt(PAUSE_MS_MAX));
        millis[i] =
            1e3
                * Timing.seconds(
                    () -> {
                      run.send(partition);
                      return run.awaitExample(partition);
                    });
      }
      Sample sample = new Sample(millis);
      return List.of(
          sample.row("latency-p50", sample.percentile(50), "ms"),
          sample.row("latency-p95", sample.percentile(95), "ms"));
    }
  }
}
