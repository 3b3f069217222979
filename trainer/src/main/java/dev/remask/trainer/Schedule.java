package dev.remask.trainer;

import dev.remask.mlm.ReplayOrder.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Decides what is learned next. A plan pending: the live lane up to its bounds, then the planned
 * epoch, with the live lane beyond them taking its share of the steps. No plan pending: the live
 * lane.
 */
final class Schedule {
  private Schedule() {}

  /**
   * A pure function of what is learned, planned and there.
   *
   * <p>Up to the bounds of a plan nothing depends on what has arrived: what the plan counts exists,
   * so reading it may block but ends. Beyond, a live step waits for a whole logical batch, and
   * takes a replay's turn only when that is there.
   *
   * @param arrived the sequence after the last one that has come in the live lane, {@code [P]}
   * @param batches the sequences of each step at most
   * @param liveShare as in the recipe
   */
  static Work next(
      Position position,
      Plans plans,
      List<Long> arrived,
      LogicalBatch batches,
      double liveShare,
      Until until) {
    if (position.step() >= until.step()) {
      return new Work.Done();
    }
    int batch = batches.at(position.step() + 1);
    boolean live = plans.live() && left(position.live(), arrived) >= batch;
    boolean first = live && isLive(position.step() + 1, liveShare);
    int learned = position.epoch();
    if (learned > 0 && position.index() < plans.size(learned)) {
      return first
          ? new Work.Live(share(position.live(), arrived, batch))
          : replayStep(learned, position.index(), plans.size(learned), batch);
    }
    for (Map.Entry<Integer, List<Long>> planned :
        plans.replays().tailMap(learned, false).entrySet()) {
      if (planned.getKey() > until.epoch()) {
        return new Work.Done();
      }
      if (plans.live()) {
        List<Range> remainder = share(position.live(), planned.getValue(), batch);
        if (!remainder.isEmpty()) {
          return new Work.Live(remainder);
        }
      }
      long size = plans.size(planned.getKey());
      if (size > 0) {
        return first
            ? new Work.Live(share(position.live(), arrived, batch))
            : replayStep(planned.getKey(), 0, size, batch);
      }
      learned = planned.getKey();
    }
    if (learned >= until.epoch()) {
      return new Work.Done();
    }
    if (live) {
      return new Work.Live(share(position.live(), arrived, batch));
    }
    return new Work.Wait();
  }

  /**
   * Whether a step learns live text if both lanes have some: of any n consecutive steps, less than
   * one more or fewer than n times the share. A function of the step's number, so that there is no
   * debt to pay off after a time in which one lane had nothing.
   */
  static boolean isLive(long step, double share) {
    return Math.floor(step * share) > Math.floor((step - 1) * share);
  }

  /**
   * With R examples of the epoch left, S = ceil(R / b) steps of this size would be left: this one
   * takes ceil(R / S). So steps of one size differ by one at most (the S - 1 that follow are as
   * many as would be counted again), none has more than b, and any place of the epoch will do to go
   * on from, whatever the steps before it had.
   *
   * @param batch b, sequences of this step at most
   */
  static Work.Replay replayStep(int epoch, long start, long size, int batch) {
    long left = size - start;
    if (start < 0 || left < 1) {
      throw new IllegalStateException(
          "index %d is not in epoch %d of %d examples".formatted(start, epoch, size));
    }
    long steps = ceilDiv(left, batch);
    return new Work.Replay(epoch, start, start + ceilDiv(left, steps));
  }

  /**
   * At most {@code batch} sequences out of [from, to), spread as evenly over the partitions as they
   * allow; no more than one range each.
   */
  static List<Range> share(List<Long> from, List<Long> to, int batch) {
    long[] taken = new long[from.size()];
    long open = Math.min(batch, left(from, to));
    while (open > 0) {
      long waiting = 0;
      for (int p = 0; p < taken.length; p++) {
        waiting += from.get(p) + taken[p] < to.get(p) ? 1 : 0;
      }
      long each = Math.max(1, open / waiting);
      for (int p = 0; p < taken.length && open > 0; p++) {
        long more = Math.min(Math.min(each, open), to.get(p) - from.get(p) - taken[p]);
        if (more > 0) {
          taken[p] += more;
          open -= more;
        }
      }
    }
    List<Range> ranges = new ArrayList<>();
    for (int p = 0; p < taken.length; p++) {
      if (taken[p] > 0) {
        ranges.add(new Range(p, from.get(p), from.get(p) + taken[p]));
      }
    }
    return ranges;
  }

  private static long ceilDiv(long a, long b) {
    return -Math.floorDiv(-a, b);
  }

  /** Sequences of [from, to), over all partitions. */
  static long left(List<Long> from, List<Long> to) {
    long left = 0;
    for (int p = 0; p < from.size(); p++) {
      left += Math.max(0, to.get(p) - from.get(p));
    }
    return left;
  }
}
