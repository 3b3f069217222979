package dev.remask.mlm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * The order in which a replay is learned: a function of the run and the epoch (invariant 7),
 * specified in MASKING.md. Partitions in rotation, sequence 0 of every partition that has one, then
 * 1, and so on, give the indices 0 ... N - 1; each block of {@code window} indices is permuted by
 * itself, the last one may be short. Memory: one block. Not thread-safe.
 */
public final class ReplayOrder {
  /** The place of a segment. */
  public record Slot(int partition, long sequence) {}

  /** A half-open interval of sequences of one partition. */
  public record Range(int partition, long start, long end) {}

  /** Sequences, from {@code sequence} on, that the same partitions have; their first index. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Level(long index, long sequence, int[] partitions) {}

  private final Draws.Key key;
  private final int epoch;
  private final long[] ends;
  private final int window;
  private final List<Level> levels;
  private final long size;
  private long cachedBlock = -1;
  private int[] cachedPermutation = {};

  /**
   * @param ends how many segments each partition has in the epoch, {@code [P]}
   * @param window indices per block, 1 and more
   */
  public ReplayOrder(long runSeed, String dataset, int epoch, long[] ends, int window) {
    if (window < 1) {
      throw new IllegalArgumentException("window " + window + "; allowed are 1 and more");
    }
    if (Arrays.stream(ends).anyMatch(end -> end < 0)) {
      throw new IllegalArgumentException(
          "ends " + Arrays.toString(ends) + "; allowed are 0 and more");
    }
    this.key = Draws.Key.of("remask-order-1\n" + runSeed + "\n" + dataset);
    this.epoch = epoch;
    this.ends = ends.clone();
    this.window = window;
    this.levels = levels(this.ends);
    this.size = Arrays.stream(ends).reduce(0, Math::addExact);
  }

  private static List<Level> levels(long[] ends) {
    List<Level> levels = new ArrayList<>();
    long index = 0;
    long sequence = 0;
    for (long end : Arrays.stream(ends).filter(e -> e > 0).sorted().distinct().toArray()) {
      long from = sequence;
      int[] partitions =
          IntStream.range(0, ends.length).filter(partition -> ends[partition] > from).toArray();
      levels.add(new Level(index, sequence, partitions));
      index += (end - sequence) * partitions.length;
      sequence = end;
    }
    return levels;
  }

  /** Number of segments in the epoch. */
  public long size() {
    return size;
  }

  int window() {
    return window;
  }

  /** The segment that is learned at a position of the order, 0 ... size - 1. */
  public Slot slot(long position) {
    Objects.checkIndex(position, size);
    long block = position / window;
    long first = block * window;
    return rotation(first + offsets(block)[(int) (position - first)]);
  }

  /** The reverse: where in the order a segment is learned; empty if the epoch does not hold it. */
  public OptionalLong position(Slot slot) {
    if (slot.partition < 0
        || slot.partition >= ends.length
        || slot.sequence < 0
        || slot.sequence >= ends[slot.partition]) {
      return OptionalLong.empty();
    }
    long index = index(slot);
    long block = index / window;
    long first = block * window;
    int[] offsets = offsets(block);
    int position = 0;
    while (offsets[position] != index - first) {
      position++;
    }
    return OptionalLong.of(first + position);
  }

  /** Where in the rotation a segment of the epoch comes. */
  private long index(Slot slot) {
    int i = levels.size() - 1;
    while (levels.get(i).sequence > slot.sequence) {
      i--;
    }
    Level level = levels.get(i);
    int turn = level.partitions.length;
    return level.index
        + (slot.sequence - level.sequence) * turn
        + Arrays.binarySearch(level.partitions, slot.partition);
  }

  /** Which offset of a block is learned at each place of it, {@code [W]}; only to be read. */
  int[] offsets(long block) {
    if (block != cachedBlock) {
      cachedPermutation = permutation(block);
      cachedBlock = block;
    }
    return cachedPermutation;
  }

  /** A Fisher-Yates shuffle of the block's offsets. */
  private int[] permutation(long block) {
    int length = (int) Math.min(window, size - block * window);
    Draws draws = key.draws(Integer.toUnsignedLong(epoch), block);
    int[] offsets = IntStream.range(0, length).toArray();
    for (int j = 1; j < length; j++) {
      int chosen = j - 1 + Draws.below(length - j + 1, draws.draw(j));
      int offset = offsets[chosen];
      offsets[chosen] = offsets[j - 1];
      offsets[j - 1] = offset;
    }
    return offsets;
  }

  private Slot rotation(long index) {
    Level level = level(index);
    int turn = level.partitions.length;
    long within = index - level.index;
    return new Slot(level.partitions[(int) (within % turn)], level.sequence + within / turn);
  }

  private Level level(long index) {
    int i = levels.size() - 1;
    while (levels.get(i).index > index) {
      i--;
    }
    return levels.get(i);
  }

  /** What block b (positions [b W, (b + 1) W)) needs of each partition; empty ranges left out. */
  public List<Range> block(long block) {
    Objects.checkIndex(block, (size + window - 1) / window);
    long[] starts = before(block * window);
    long[] stops = before(Math.min(size, (block + 1) * window));
    return IntStream.range(0, ends.length)
        .filter(partition -> starts[partition] < stops[partition])
        .mapToObj(partition -> new Range(partition, starts[partition], stops[partition]))
        .toList();
  }

  /** How many sequences of each partition come before an index of the rotation, {@code [P]}. */
  private long[] before(long index) {
    if (index == size) {
      return ends;
    }
    Level level = level(index);
    long[] before = ends.clone();
    int turn = level.partitions.length;
    long within = index - level.index;
    for (int i = 0; i < turn; i++) {
      before[level.partitions[i]] = level.sequence + within / turn + (i < within % turn ? 1 : 0);
    }
    return before;
  }
}
