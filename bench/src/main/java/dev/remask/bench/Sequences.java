package dev.remask.bench;

import dev.remask.schemas.SequenceKey;
import java.util.Arrays;

/** What a log should hold: in each partition the sequences 0, 1, 2 … without gap or repeat. */
final class Sequences {
  private final long[] next;

  Sequences(int partitions) {
    next = new long[partitions];
  }

  /** The next record of a partition; IllegalStateException if it is not its next sequence. */
  void add(int partition, SequenceKey key) {
    SequenceKey expected = new SequenceKey(partition, next[partition]++);
    if (!key.equals(expected)) {
      throw new IllegalStateException(key + " instead of " + expected);
    }
  }

  /** IllegalStateException unless each partition had this many. */
  void requireEach(long many) {
    if (Arrays.stream(next).anyMatch(count -> count != many)) {
      throw new IllegalStateException(
          Arrays.toString(next) + " records instead of " + many + " in each partition");
    }
  }
}
