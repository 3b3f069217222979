package dev.remask.trainer;

import java.time.Duration;
import java.util.List;

/**
 * What the loop sees of the logs. {@link #plans} and {@link #durable} are called by the loop, the
 * other methods by the thread that reads ahead.
 */
public interface Feed {
  /** What is planned now. */
  Plans plans();

  /** Where examples that were not learned before come from. */
  ExampleSource examples();

  /** The same examples, made again from segments and plans. */
  ExampleSource recomputed();

  /**
   * The sequence after the last one that has come in the live lane, per partition {@code [P]}.
   * Returns at once if something is waiting, else after {@code atMost}.
   *
   * @param from the next sequence that the loop will read there, {@code [P]}
   */
  List<Long> arrived(List<Long> from, Duration atMost) throws InterruptedException;

  /** A checkpoint is on disk: what lies before its position is not needed any more. */
  void durable(Position position);
}
