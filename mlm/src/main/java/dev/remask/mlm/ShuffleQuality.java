package dev.remask.mlm;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * How well two epochs of a run are shuffled: measured, next to what an order drawn from all
 * permutations has on average. Blocks of W segments leave the coarse order as it is, and what is
 * far apart in one epoch is so in the next.
 *
 * @param segments N
 * @param sampled how many of them were looked at: whole blocks, evenly spaced
 * @param displacement places that a segment is from where it lies in the log, on average
 * @param fullDisplacement (N² - 1) / 3N
 * @param correlation Pearson's, of a segment's places in the one epoch and in the other; 0 where
 *     there are fewer than two segments, and for full shuffles
 * @param together of two segments that are learned in one logical batch, how often they are again
 *     in the other epoch, from 0 to 1
 * @param fullTogether (B - 1) / (N - 1)
 */
public record ShuffleQuality(
    long segments,
    long sampled,
    double displacement,
    double fullDisplacement,
    double correlation,
    double together,
    double fullTogether) {
  /** Enough for three digits. */
  private static final int SAMPLE_MAX = 1 << 20;

  /**
   * Takes time and memory by the sample.
   *
   * @param one and other, two epochs of one run with the same bounds
   * @param batch B, segments of a logical batch
   */
  public static ShuffleQuality of(ReplayOrder one, ReplayOrder other, int batch) {
    if (one.size() != other.size() || one.window() != other.window() || batch < 1) {
      throw new IllegalArgumentException(
          "orders of %d and %d segments in blocks of %d and %d, batches of %d; allowed are two of a size, 1 and more"
              .formatted(one.size(), other.size(), one.window(), other.window(), batch));
    }
    long window = one.window();
    long blocks = (one.size() + window - 1) / window;
    long looked = Math.min(blocks, Math.max(1, SAMPLE_MAX / window));
    Sums sums = new Sums(one.size(), batch);
    for (long i = 0; i < looked; i++) {
      long first = i * blocks / looked * window;
      sums.add(first, one.offsets(first / window), other.offsets(first / window));
    }
    return sums.quality();
  }

  private static final class Sums {
    private final long size;
    private final int batch;
    private final Map<Long, Long> cells = new HashMap<>(); // segments by their two batches
    private final Map<Long, Long> rows = new HashMap<>(); // by the batch of the one epoch
    private long count;
    private double moved;
    private double squares;
    private double products;

    Sums(long size, int batch) {
      this.size = size;
      this.batch = batch;
    }

    void add(long first, int[] one, int[] other) {
      int[] placeInOther = new int[other.length];
      IntStream.range(0, other.length).forEach(place -> placeInOther[other[place]] = place);
      double mean = (size - 1) / 2.0;
      for (int i = 0; i < one.length; i++) {
        long place = first + i;
        long again = first + placeInOther[one[i]];
        moved += Math.abs(i - one[i]);
        squares += (place - mean) * (place - mean);
        products += (place - mean) * (again - mean);
        long row = place / batch;
        cells.merge(row * (size / batch + 1) + again / batch, 1L, Long::sum);
        rows.merge(row, 1L, Long::sum);
      }
      count += one.length;
    }

    ShuffleQuality quality() {
      double n = size;
      return new ShuffleQuality(
          size,
          count,
          count == 0 ? 0 : moved / count,
          size == 0 ? 0 : (n * n - 1) / (3 * n),
          squares == 0 ? 0 : products / squares,
          pairs(cells) == 0 ? 0 : pairs(cells) / pairs(rows),
          size < 2 ? 0 : Math.min(1, (batch - 1) / (n - 1)));
    }

    private static double pairs(Map<Long, Long> groups) {
      return groups.values().stream().mapToDouble(n -> n * (n - 1.0) / 2).sum();
    }
  }
}
