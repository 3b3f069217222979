package dev.remask.trainer;

import dev.remask.schemas.TrainingStep;
import java.util.List;

/** What was learned, step by step; kept for ever. */
public interface Ledger extends AutoCloseable {
  /** The steps after {@code step}, in order and without gap. */
  List<TrainingStep> after(long step);

  /**
   * Adds a step. It may wait for a while before it is durable, in order; blocks when too many wait.
   * IllegalStateException if an earlier one could not be written.
   */
  void append(TrainingStep step) throws InterruptedException;

  /** Returns when all that was appended is durable. */
  void flush() throws InterruptedException;

  @Override
  void close();
}
