package dev.remask.trainer;

import org.apache.kafka.common.config.ConfigException;

/**
 * What a run's examples take of the heap at most. The trainer holds two logical batches and three
 * shuffled blocks (read ahead), and as records up to two batches of the live lane, a batch and a
 * block of the replays, and the same of the segments to compare with; nothing else grows with the
 * logical batch. Twice as many records may wait for a moment, but their ids have 16 bits where the
 * vocabulary allows it, and 32 are counted.
 */
public final class StepMemory {
  /** What an example has besides its numbers: objects, buffers, a record's key, its place. */
  private static final long OBJECTS_BYTES = 512;

  /** Where it comes from: four sources of a record, each with its name. */
  private static final long ORIGINS_BYTES = 512;

  private static final int BATCHES = 2 + 2 + 1 + 1;
  private static final int BLOCKS = 3 + 1 + 1;

  /** The rest is for what is not counted here: clients, codecs, garbage. */
  private static final int HEAP_SHARE = 2;

  private StepMemory() {}

  /**
   * Bytes of an example. The record that it is read from takes less, but for one whose segment is
   * made of many tiny documents.
   *
   * @param selected share of the tokens that is to be predicted
   */
  static long exampleBytes(int segmentLength, double selected) {
    long predicted = (long) Math.ceil(segmentLength * selected);
    return OBJECTS_BYTES + ORIGINS_BYTES + Integer.BYTES * (segmentLength + 2 * predicted);
  }

  /**
   * ConfigException that names key, value and what is allowed unless the examples fit in half of
   * the heap.
   *
   * @param selected share of the tokens that is to be predicted
   */
  public static void require(Recipe recipe, int segmentLength, double selected, long heapBytes) {
    long held = heapBytes / HEAP_SHARE / exampleBytes(segmentLength, selected);
    long batchMax = (held - BLOCKS * (long) recipe.window()) / BATCHES;
    if (recipe.batch().size() <= batchMax) {
      return;
    }
    boolean batch = batchMax >= recipe.microBatch();
    throw new ConfigException(
        batch ? LogicalBatch.SIZE : Recipe.WINDOW,
        batch ? recipe.batch().size() : recipe.window(),
        "must be at most %,d segments of %,d tokens, so that what is held of them fits in half of the heap of %,d MiB; or give it more (REMASK_HEAP=4g)"
            .formatted(
                batch
                    ? batchMax
                    : Math.max(0, (held - BATCHES * (long) recipe.batch().size()) / BLOCKS),
                segmentLength,
                heapBytes >> 20));
  }
}
