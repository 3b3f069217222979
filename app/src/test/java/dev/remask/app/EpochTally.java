package dev.remask.app;

import java.util.Arrays;
import java.util.BitSet;

/**
 * What a log of replayed examples lacks or has too much, told record by record as it is read. A
 * partition must hold epoch 1, 2 … {@code epochs}, each with the sequences 0 … {@code end} - 1.
 */
final class EpochTally {
  private final int epochs;
  private final long[] ends;
  private final BitSet[] seen;
  private final int[] last;
  private long records;
  private long repeated;
  private long outOfOrder;
  private long wrongMasks;

  /**
   * @param ends sequence after the last, per partition {@code [P]}
   */
  EpochTally(int epochs, long[] ends) {
    this.epochs = epochs;
    this.ends = ends.clone();
    this.seen = Arrays.stream(ends).mapToObj(end -> new BitSet()).toArray(BitSet[]::new);
    this.last = new int[ends.length];
    Arrays.fill(last, -1);
  }

  /**
   * The next record of its partition.
   *
   * @param masked whether it has the masks of its place
   * @throws IllegalStateException if no epoch has this place
   */
  void add(int partition, int epoch, long sequence, boolean masked) {
    if (epoch < 1 || epoch > epochs || sequence < 0 || sequence >= ends[partition]) {
      throw new IllegalStateException(
          "epoch %d has no sequence %d in partition %d".formatted(epoch, sequence, partition));
    }
    records++;
    wrongMasks += masked ? 0 : 1;
    int place = Math.toIntExact((epoch - 1) * ends[partition] + sequence);
    if (seen[partition].get(place)) {
      repeated++;
      return;
    }
    seen[partition].set(place);
    outOfOrder += place < last[partition] ? 1 : 0;
    last[partition] = Math.max(last[partition], place);
  }

  long records() {
    return records;
  }

  long missing() {
    return epochs * Arrays.stream(ends).sum()
        - Arrays.stream(seen).mapToLong(BitSet::cardinality).sum();
  }

  /** Records of a place that came before. */
  long repeated() {
    return repeated;
  }

  /** Places that come for the first time after one that stands behind them. */
  long outOfOrder() {
    return outOfOrder;
  }

  long wrongMasks() {
    return wrongMasks;
  }

  boolean isFlawless() {
    return missing() == 0 && repeated == 0 && outOfOrder == 0 && wrongMasks == 0;
  }
}
