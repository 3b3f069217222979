package dev.remask.bench;

import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes a measure several times. Ours and the peer take turns, and take turns at being first, so
 * that whatever else the machine does hits both alike.
 *
 * @param warmUp each side runs at least that long, and three times, before anything counts
 */
record Measure(String name, String unit, int runs, Duration warmUp) {
  private static final int WARM_UP_RUNS = 3;

  /** Long enough for the compiler's last tier at these sizes. */
  private static final Duration WARM_UP = Duration.ofSeconds(3);

  Measure(String name, String unit, int runs) {
    this(name, unit, runs, WARM_UP);
  }

  /** Takes the measure once, in its unit. */
  interface Run {
    double value() throws Exception;
  }

  Row alone(Run ours) throws Exception {
    warmUp(ours);
    double[] values = new double[runs];
    for (int i = 0; i < runs; i++) {
      values[i] = ours.value();
    }
    return row(values, null, null);
  }

  /** For rates: more is better. */
  Row against(String peer, Run ours, Run theirs) throws Exception {
    return against(peer, ours, theirs, ratios -> {});
  }

  /**
   * The same.
   *
   * @param told the ratio of every pair, in the order they were taken
   */
  Row against(String peer, Run ours, Run theirs, Consumer<double[]> told) throws Exception {
    warmUp(ours);
    warmUp(theirs);
    double[] values = new double[runs];
    double[] ratios = new double[runs];
    for (int i = 0; i < runs; i++) {
      boolean oursFirst = i % 2 == 0;
      double first = (oursFirst ? ours : theirs).value();
      double second = (oursFirst ? theirs : ours).value();
      values[i] = oursFirst ? first : second;
      ratios[i] = oursFirst ? first / second : second / first;
    }
    told.accept(ratios.clone());
    return row(values, peer, median(ratios));
  }

  /** For times: less is better. */
  Row againstTime(String peer, Run ours, Run theirs) throws Exception {
    double[] ratios = new double[runs];
    Row row = against(peer, ours, theirs, told -> Arrays.setAll(ratios, i -> 1 / told[i]));
    return new Row(
        row.name(), row.value(), row.unit(), peer, median(ratios), row.runs(), row.spread());
  }

  private void warmUp(Run run) throws Exception {
    long start = System.nanoTime();
    for (int i = 0; i < WARM_UP_RUNS || System.nanoTime() - start < warmUp.toNanos(); i++) {
      run.value();
    }
  }

  private Row row(double[] values, @Nullable String peer, @Nullable Double ratio) {
    double median = median(values);
    double range =
        Arrays.stream(values).max().orElseThrow() - Arrays.stream(values).min().orElseThrow();
    return new Row(name, median, unit, peer, ratio, runs, range / median);
  }

  /** The mean of the middle two if there are two. */
  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }
}
