package dev.remask.trainer;

import java.time.Duration;
import java.util.List;

/** What the loop sees of the logs. Called by the loop, but for {@link #arrived}. */
public interface Feed {
  /** What is planned now. */
  Plans plans();

  /** Where examples that were not learned before come from. */
  ExampleSource examples();

  /** The same examples, made again from segments and plans. */
  ExampleSource recomputed();

  /**
   * The sequence after the last one that has come in the live lane, per partition {@code [P]}.
   * Returns when {@code enough} sequences wait, or soon after no more come. Called by the thread
   * that reads examples.
   *
   * @param from the next sequence that the loop will read there, {@code [P]}
   * @param atMost how long the first of them may take
   */
  List<Long> arrived(List<Long> from, int enough, Duration atMost) throws InterruptedException;

  /**
   * When the text of the live examples that were read since the last call came in, in milliseconds
   * since 1970; without those that were recomputed.
   */
  default List<Long> arrivals() {
    return List.of();
  }
}
