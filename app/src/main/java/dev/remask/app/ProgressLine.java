package dev.remask.app;

import dev.remask.app.Console.Style;
import dev.remask.trainer.NextSentence;
import java.util.Locale;

/**
 * How training goes, in the width of a line: where it is, loss, that of the next sentence and how
 * often it is right where there are pairs, the norm of the gradient before clipping, learning rate,
 * speed, that as a share of what BLAS alone does, and the time left where there is an end. What
 * room is left over shows the loss so far; a terminal, which cuts a line off at its edge, has all
 * of that.
 */
final class ProgressLine {
  /** Columns, the console's time and name left out. */
  static final int WIDTH = 98;

  private static final int BARS_MAX = 24;
  private static final int BARS_MIN = 4;
  private static final double MINUTE = 60;
  private static final double HOUR = 60 * MINUTE;
  private static final double DAY = 24 * HOUR;

  private ProgressLine() {}

  /**
   * @param place as people say it: the lane or the epoch
   */
  static String of(LearningCurve curve, String place, Console console) {
    String facts = facts(curve, place);
    int room = console.coloured() ? BARS_MAX : Math.min(BARS_MAX, WIDTH - facts.length() - 2);
    return room < BARS_MIN ? facts : facts + "  " + console.in(Style.CYAN, curve.bars(room));
  }

  private static String facts(LearningCurve curve, String place) {
    String facts =
        String.format(
            Locale.ROOT,
            "%s, step %,d · loss %.2f, %snorm %s, lr %s · %s tok/s, %.0f %% of BLAS",
            place,
            curve.lastStep(),
            curve.recentLoss(),
            nextSentence(curve.recentNextSentence()),
            norm(curve.gradientNorm()),
            rate(curve.learningRate()),
            count(curve.tokensPerSecond()),
            100 * curve.blasShare());
    double left = curve.secondsLeft();
    return Double.isNaN(left) ? facts : facts + " · " + time(left) + " left";
  }

  /** Nothing without pairs. */
  private static String nextSentence(NextSentence recent) {
    return recent.isPresent()
        ? String.format(
            Locale.ROOT, "next sentence %.2f (%.0f %%), ", recent.loss(), 100 * recent.accuracy())
        : "";
  }

  private static String norm(double norm) {
    return String.format(Locale.ROOT, norm < 9.95 ? "%.1f" : "%.0f", norm);
  }

  /** As people write it: 6.0e-4. */
  private static String rate(double rate) {
    return String.format(Locale.ROOT, "%.1e", rate).replaceFirst("e([+-])0", "e$1");
  }

  /** Two or three digits: 950, 6.4k, 102k, 1.2M. */
  static String count(double count) {
    double thousands = count / 1e3;
    double millions = count / 1e6;
    return count < 999.5
        ? String.format(Locale.ROOT, "%.0f", count)
        : thousands < 999.5 ? digits(thousands) + "k" : digits(millions) + "M";
  }

  private static String digits(double value) {
    return String.format(Locale.ROOT, value < 9.95 ? "%.1f" : "%.0f", value);
  }

  /** In the unit that needs the fewest digits: 45 s, 12 min, 2.6 h, 3.2 d. */
  static String time(double seconds) {
    return seconds < MINUTE
        ? String.format(Locale.ROOT, "%.0f s", Math.ceil(seconds))
        : seconds < HOUR
            ? String.format(Locale.ROOT, "%.0f min", Math.ceil(seconds / MINUTE))
            : seconds < DAY ? digits(seconds / HOUR) + " h" : digits(seconds / DAY) + " d";
  }
}
