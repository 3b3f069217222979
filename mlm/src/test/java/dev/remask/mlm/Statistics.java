package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;

/**
 * Counts against closed form. A check of a true hypothesis fails with a chance of about one in a
 * million; with the fixed seeds of the tests it then fails always.
 */
final class Statistics {
  /** The normal distribution's quantile at 1 - 1e-6, and at 1 - 5e-7 for two sides. */
  private static final double ONE_SIDED = 4.7534;

  private static final double TWO_SIDED = 4.8916;

  private Statistics() {}

  /** A sum of many independent numbers of this mean and variance. */
  static void requireSum(String what, double sum, double mean, double variance) {
    double z = (sum - mean) / Math.sqrt(variance);
    assertThat(Math.abs(z)).as("|z| of %s: %s, expected %s", what, sum, mean).isLessThan(TWO_SIDED);
  }

  /** Independent events over cells of these probabilities, of which 5 and more are expected. */
  static void requireShares(String what, long[] seen, double... shares) {
    requireChiSquare(what, chiSquare(seen, shares), seen.length - 1);
  }

  static double chiSquare(long[] seen, double... shares) {
    double total = Arrays.stream(seen).sum();
    double statistic = 0;
    for (int i = 0; i < seen.length; i++) {
      double expected = total * shares[i];
      if (expected < 5) {
        throw new IllegalArgumentException("only " + expected + " expected in cell " + i);
      }
      statistic += (seen[i] - expected) * (seen[i] - expected) / expected;
    }
    return statistic;
  }

  /** The bound is Wilson and Hilferty's approximation of the quantile. */
  static void requireChiSquare(String what, double statistic, int degrees) {
    double a = 2.0 / (9 * degrees);
    double bound = degrees * Math.pow(1 - a + ONE_SIDED * Math.sqrt(a), 3);
    assertThat(statistic).as("chi-square of %s", what).isLessThan(bound);
  }

  static double[] evenly(int n) {
    double[] shares = new double[n];
    Arrays.fill(shares, 1.0 / n);
    return shares;
  }

  /** The binomial probabilities of {@code from ... to}; both ends take the tails behind them. */
  static double[] binomial(int n, double p, int from, int to) {
    double[] shares = new double[to - from + 1];
    double probability = Math.pow(1 - p, n);
    for (int k = 0; k <= n; k++) {
      shares[Math.max(from, Math.min(to, k)) - from] += probability;
      probability *= (double) (n - k) / (k + 1) * p / (1 - p);
    }
    return shares;
  }
}
