package dev.remask.mlm;

/** The order in which a replay is learned: a function of the run and the epoch (invariant 7). */
public final class ReplayOrder {
  /** The place of a segment. */
  public record Slot(int partition, long sequence) {}

  /** A half-open interval of sequences of one partition. */
  public record Range(int partition, long start, long end) {}

  public ReplayOrder(long runSeed, String dataset, int epoch, long[] ends, int window) {}

  /** Number of segments in the epoch. */
  public long size() {
    throw new UnsupportedOperationException();
  }

  /** The segment that is learned at a position of the order, 0 ... size - 1. */
  public Slot slot(long position) {
    throw new UnsupportedOperationException();
  }

  /** What block b (positions [b W, (b + 1) W)) needs of each partition; empty ranges left out. */
  public java.util.List<Range> block(long block) {
    throw new UnsupportedOperationException();
  }
}
