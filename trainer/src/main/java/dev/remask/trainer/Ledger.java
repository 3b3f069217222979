package dev.remask.trainer;

import dev.remask.schemas.TrainingStep;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * What was learned, step by step; kept for ever. IllegalStateException from each method, and from
 * all that follow, if a step could not be written.
 */
public interface Ledger extends AutoCloseable {
  /**
   * Steps after {@code step}, in order and without gap: all, or some hundreds and more of them. Of
   * what follows a step that was given out before.
   */
  List<TrainingStep> after(long step);

  /**
   * Adds a step. It may wait for a while before it is durable, in order; blocks when too many wait.
   *
   * @param givesUp asked while blocking
   * @return false if it was given up: then nothing more can be added, and no flush succeeds
   */
  boolean append(TrainingStep step, BooleanSupplier givesUp) throws InterruptedException;

  /**
   * Returns when all that was appended is durable.
   *
   * @param givesUp asked while waiting
   * @return false if it was given up: then closing does not wait, either
   */
  boolean flush(BooleanSupplier givesUp) throws InterruptedException;

  /**
   * Writes what waits, and makes sure that no other writer has taken over: who has is also who
   * deletes examples that are still looked for here.
   */
  void requireSole(BooleanSupplier givesUp) throws InterruptedException;

  /** Writes what waits, for a few seconds at most. */
  @Override
  void close();
}
