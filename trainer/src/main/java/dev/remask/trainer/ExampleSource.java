package dev.remask.trainer;

import dev.remask.mlm.Example;
import java.util.List;

/**
 * Where masked examples come from (invariant 2): from the topic that the masker fills, or
 * recomputed from segments and plan. Both give the same examples, byte for byte. Called by one
 * thread at a time.
 */
public interface ExampleSource {
  /**
   * The examples of sequences {@code [start, end)} of a partition, in order; blocks until all are
   * there. Within a partition a read begins where the one before ended, at the first sequence of a
   * later epoch, or, the first time, anywhere. IllegalStateException if the log shows that one of
   * them will not come.
   *
   * @param epoch 0 is the live lane
   */
  List<Example> read(int epoch, int partition, long start, long end) throws InterruptedException;

  /** Whether every example that it gives was compared with what segment and plan give. */
  default boolean verifies() {
    return false;
  }
}
