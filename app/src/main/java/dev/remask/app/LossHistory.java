package dev.remask.app;

import java.util.ArrayList;
import java.util.List;

/**
 * The loss of a run of any length in bounded memory: means over equally many steps. When there are
 * too many of them, neighbours are joined.
 */
final class LossHistory {
  /** Means at most; a chart as wide as a terminal has a few hundred columns. */
  static final int MEANS_MAX = 2048;

  /**
   * @param step the middle of the steps that it is the mean of
   */
  record Point(double step, double loss) {}

  private record Sum(double steps, double losses, int count) {
    Sum plus(Sum other) {
      return new Sum(steps + other.steps, losses + other.losses, count + other.count);
    }
  }

  private List<Sum> sums = new ArrayList<>();
  private int width = 1;

  void add(long step, double loss) {
    Sum one = new Sum(step, loss, 1);
    int last = sums.size() - 1;
    if (last >= 0 && sums.get(last).count < width) {
      sums.set(last, sums.get(last).plus(one));
      return;
    }
    if (sums.size() == MEANS_MAX) {
      List<Sum> joined = new ArrayList<>();
      for (int i = 0; i < MEANS_MAX; i += 2) {
        joined.add(sums.get(i).plus(sums.get(i + 1)));
      }
      sums = joined;
      width *= 2;
    }
    sums.add(one);
  }

  List<Point> points() {
    return sums.stream().map(s -> new Point(s.steps / s.count, s.losses / s.count)).toList();
  }
}
