package dev.remask.app;

import dev.remask.app.LossHistory.Point;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Loss over steps from 0 on, drawn in characters: a line of braille dots, two by four to a
 * character, for what was learned from, and a mark for each look at held-out text.
 */
final class LossChart {
  private static final int DOTS_ACROSS = 2;
  private static final int DOTS_DOWN = 4;
  private static final int MARGIN = 8; // label, axis
  private static final int TICKS = 5;
  private static final int BLANK = 0x2800;
  private static final char MARK = '●';

  /** Bit of each dot of a braille character, by row and column (Unicode, block 2800). */
  private static final int[][] BITS = {
    {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80},
  };

  /** Round numbers that enclose the data. */
  private record Scale(double low, double high, double tick) {
    static Scale of(double least, double most, int ticks) {
      double span = most > least ? most - least : Math.max(Math.abs(most), 1) / 10;
      double raw = span / ticks;
      double power = Math.pow(10, Math.floor(Math.log10(raw)));
      double tick =
          DoubleStream.of(1, 2, 5, 10).map(m -> m * power).filter(t -> t >= raw).min().orElse(raw);
      return new Scale(Math.floor(least / tick) * tick, Math.ceil(most / tick) * tick, tick)
          .widened();
    }

    private Scale widened() {
      return high > low ? this : new Scale(low, low + tick, tick);
    }

    /** 0 at the low end, 1 at the high one. */
    double share(double value) {
      return (value - low) / (high - low);
    }
  }

  private final int columns;
  private final int rows;
  private final int[][] dots; // [row][column], braille bits
  private final boolean[][] marks;
  private final Scale losses;
  private final double lastStep;

  private LossChart(List<Point> learned, List<Point> heldOut, int width, int height) {
    columns = width - MARGIN;
    rows = height;
    dots = new int[rows][columns];
    marks = new boolean[rows][columns];
    double[] all =
        Stream.of(learned, heldOut).flatMap(List::stream).mapToDouble(Point::loss).toArray();
    losses =
        Scale.of(Arrays.stream(all).min().orElse(0), Arrays.stream(all).max().orElse(1), TICKS);
    lastStep = learned.get(learned.size() - 1).step();
    line(learned);
    mark(heldOut);
  }

  /**
   * @param learned by step, at least one
   * @param heldOut by step
   * @param width characters of a line, at least 40
   * @param height lines of the chart itself, without the axis below
   * @param line emphasis for what was learned from
   * @param mark emphasis for held-out text
   */
  static List<String> draw(
      List<Point> learned,
      List<Point> heldOut,
      int width,
      int height,
      UnaryOperator<String> line,
      UnaryOperator<String> mark) {
    LossChart chart = new LossChart(learned, heldOut, width, height);
    List<String> lines = new ArrayList<>();
    for (int row = 0; row < chart.rows; row++) {
      lines.add(chart.label(row) + chart.row(row, line, mark));
    }
    lines.addAll(chart.steps());
    return lines;
  }

  /** Per column of dots the mean of what falls there, between columns a straight line. */
  private void line(List<Point> learned) {
    double[] sums = new double[columns * DOTS_ACROSS];
    int[] counts = new int[sums.length];
    for (Point point : learned) {
      int x = x(point.step(), sums.length);
      sums[x] += point.loss();
      counts[x]++;
    }
    int lastX = -1;
    int lastY = 0;
    for (int x = 0; x < sums.length; x++) {
      if (counts[x] > 0) {
        int y = y(sums[x] / counts[x], rows * DOTS_DOWN);
        connect(lastX < 0 ? x : lastX, lastX < 0 ? y : lastY, x, y);
        lastX = x;
        lastY = y;
      }
    }
  }

  private void connect(int fromX, int fromY, int toX, int toY) {
    int length = Math.max(1, Math.max(toX - fromX, Math.abs(toY - fromY)));
    for (int i = 0; i <= length; i++) {
      int x = fromX + Math.round((float) (toX - fromX) * i / length);
      int y = fromY + Math.round((float) (toY - fromY) * i / length);
      dots[y / DOTS_DOWN][x / DOTS_ACROSS] |= BITS[y % DOTS_DOWN][x % DOTS_ACROSS];
    }
  }

  /** At most one in three columns, the later one, so that the line stays visible. */
  private void mark(List<Point> heldOut) {
    int free = columns;
    for (int i = heldOut.size() - 1; i >= 0; i--) {
      int x = x(heldOut.get(i).step(), columns);
      if (x < free) {
        marks[y(heldOut.get(i).loss(), rows)][x] = true;
        free = x - 2;
      }
    }
  }

  private int x(double step, int places) {
    return (int) Math.round(Math.min(1, step / lastStep) * (places - 1));
  }

  /** Counted from the top. */
  private int y(double loss, int places) {
    return (int) Math.round((1 - losses.share(loss)) * (places - 1));
  }

  private String row(int row, UnaryOperator<String> line, UnaryOperator<String> mark) {
    StringBuilder text = new StringBuilder();
    StringBuilder run = new StringBuilder();
    for (int column = 0; column < columns; column++) {
      if (marks[row][column]) {
        text.append(emphasized(run, line)).append(mark.apply(String.valueOf(MARK)));
        run.setLength(0);
      } else {
        run.append(dots[row][column] == 0 ? ' ' : (char) (BLANK + dots[row][column]));
      }
    }
    String end = run.toString().stripTrailing();
    return text.append(emphasized(new StringBuilder(end), line)).toString();
  }

  private static String emphasized(StringBuilder run, UnaryOperator<String> line) {
    return run.toString().isBlank() ? run.toString() : line.apply(run.toString());
  }

  private String label(int row) {
    int ticks = (int) Math.round((losses.high() - losses.low()) / losses.tick());
    for (int i = 0; i <= ticks; i++) {
      double value = losses.low() + i * losses.tick();
      if (y(value, rows) == row) {
        int digits = losses.tick() >= 1 ? 1 : (int) Math.ceil(-Math.log10(losses.tick()) - 1e-9);
        return String.format(Locale.ROOT, "%6.".concat(Math.min(digits, 4) + "f ┤"), value);
      }
    }
    return " ".repeat(MARGIN - 1) + "│";
  }

  /** The axis below, and its labels. */
  private List<String> steps() {
    char[] axis = "─".repeat(columns).toCharArray();
    char[] labels = " ".repeat(columns + MARGIN).toCharArray();
    Scale scale = Scale.of(0, lastStep, TICKS);
    int free = 0;
    for (double step : ticks(scale)) {
      String label = String.format(Locale.ROOT, "%,.0f", step);
      int at = x(step, columns);
      int from = Math.min(MARGIN + at - label.length() / 2, labels.length - label.length());
      if (from >= free) {
        axis[at] = '┬';
        label.getChars(0, label.length(), labels, from);
        free = from + label.length() + 2;
      }
    }
    return List.of(
        " ".repeat(MARGIN - 1) + "└" + new String(axis), new String(labels).stripTrailing());
  }

  private List<Double> ticks(Scale scale) {
    int count = (int) Math.round((scale.high() - scale.low()) / scale.tick());
    return IntStream.rangeClosed(0, count)
        .mapToObj(i -> scale.low() + i * scale.tick())
        .filter(step -> step <= lastStep && step == Math.rint(step))
        .toList();
  }
}
