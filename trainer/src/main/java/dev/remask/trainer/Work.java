package dev.remask.trainer;

import dev.remask.mlm.ReplayOrder.Range;
import java.util.List;

/** What the loop does next. */
sealed interface Work {
  /** Something to learn in one optimizer step. */
  sealed interface Step extends Work {}

  /** Examples of the live lane, learned range by range. */
  record Live(List<Range> ranges) implements Step {
    public Live {
      ranges = List.copyOf(ranges);
    }
  }

  /** Indices {@code [start, end)} of a replay's order. */
  record Replay(int epoch, long start, long end) implements Step {}

  /** Nothing can be learned until more examples or a plan come. */
  record Wait() implements Work {}

  /** All that was asked for is learned. */
  record Done() implements Work {}
}
