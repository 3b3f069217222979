package dev.remask.trainer;

import java.util.List;
import java.util.Map;

/**
 * What is left until the loop ends or, where it goes on for ever, until all that is planned is
 * learned; as known now. Whichever of the two comes first is the end.
 *
 * @param steps {@link #ENDLESS} if no step is the last
 * @param examples {@link #ENDLESS} if no planned epoch is pending
 */
public record Remaining(long steps, long examples) {
  public static final long ENDLESS = Long.MAX_VALUE;

  /** Of a loop at {@code position}: the live lane is learned up to the bounds of a pending plan. */
  static Remaining of(Position position, Plans plans, Until until) {
    long steps =
        until.step() == Until.STOPPED.step()
            ? ENDLESS
            : Math.max(0, until.step() - position.step());
    long replayed = 0;
    long live = 0;
    for (Map.Entry<Integer, List<Long>> planned : plans.replays().entrySet()) {
      int epoch = planned.getKey();
      boolean begun = epoch == position.epoch();
      if (epoch < position.epoch() || (!begun && epoch > until.epoch())) {
        continue;
      }
      replayed += plans.size(epoch) - (begun ? position.index() : 0);
      if (!begun && plans.live()) {
        live = Math.max(live, Schedule.left(position.live(), planned.getValue()));
      }
    }
    boolean known = replayed + live > 0 || position.epoch() >= until.epoch();
    return new Remaining(steps, known ? replayed + live : ENDLESS);
  }

  public boolean endless() {
    return steps == ENDLESS && examples == ENDLESS;
  }

  /** NaN if there is no end. */
  public double seconds(double perStep, double perExample) {
    double bySteps = steps == ENDLESS ? Double.POSITIVE_INFINITY : steps * perStep;
    double byExamples = examples == ENDLESS ? Double.POSITIVE_INFINITY : examples * perExample;
    return endless() ? Double.NaN : Math.min(bySteps, byExamples);
  }
}
