package dev.remask.trainer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * How far a run has learned. It is stored with the weights, so that the two cannot disagree
 * (invariant 9).
 *
 * @param step the last step that was learned; 0 before the first
 * @param epoch the replay that was begun last; 0 before the first
 * @param index the next index of that replay's order
 * @param live the next sequence of the live lane, per partition {@code [P]}
 */
public record Position(long step, int epoch, long index, List<Long> live) {
  public Position {
    live = List.copyOf(live);
  }

  /** Before the first step. */
  public static Position start(int partitions) {
    return new Position(0, 0, 0, Collections.nCopies(partitions, 0L));
  }

  /**
   * The position after a step; IllegalStateException if the step does not begin here, so that
   * nothing is learned twice and nothing left out.
   */
  Position after(Work.Step work) {
    if (work instanceof Work.Replay replay) {
      boolean next = replay.epoch() == epoch && replay.start() == index;
      boolean first = replay.epoch() > epoch && replay.start() == 0;
      if (!next && !first) {
        throw new IllegalStateException(replay + " does not follow " + this);
      }
      return new Position(step + 1, replay.epoch(), replay.end(), live);
    }
    List<Long> moved = new ArrayList<>(live);
    for (var range : ((Work.Live) work).ranges()) {
      if (range.start() != moved.get(range.partition()) || range.end() <= range.start()) {
        throw new IllegalStateException(range + " does not follow " + this);
      }
      moved.set(range.partition(), range.end());
    }
    return new Position(step + 1, epoch, index, moved);
  }
}
