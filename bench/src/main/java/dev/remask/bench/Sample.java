package dev.remask.bench;

import java.util.Arrays;

/** What one by one was measured, where each counts and not only the middle. */
final class Sample {
  private final double[] sorted;

  /**
   * @param values at least one
   */
  Sample(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("a sample of nothing");
    }
    sorted = values.clone();
    Arrays.sort(sorted);
  }

  int size() {
    return sorted.length;
  }

  double median() {
    return Measure.median(sorted);
  }

  double max() {
    return sorted[sorted.length - 1];
  }

  /**
   * The smallest value that this share of all, in percent, is not above: the nearest rank.
   *
   * @param percent 1 to 100
   */
  double percentile(int percent) {
    return sorted[(percent * sorted.length + 99) / 100 - 1];
  }

  /** (largest - smallest) / median */
  double spread() {
    return (max() - sorted[0]) / median();
  }

  /** One of its figures as a row. */
  Row row(String name, double value, String unit) {
    return new Row(name, value, unit, null, null, size(), spread());
  }
}
