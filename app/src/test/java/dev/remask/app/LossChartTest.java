package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.remask.app.LossHistory.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LossChartTest {
  private static List<String> draw(List<Point> learned, List<Point> heldOut, int width) {
    return LossChart.draw(
        learned, heldOut, width, 8, UnaryOperator.identity(), UnaryOperator.identity());
  }

  private static List<Point> decay(int steps) {
    return IntStream.rangeClosed(1, steps)
        .mapToObj(step -> new Point(step, 3 + 5 * Math.exp(-4.0 * step / steps)))
        .toList();
  }

  @Test
  void aRunThatLearns() {
    List<Point> heldOut = List.of(new Point(500, 4.2), new Point(1000, 3.3));
    assertThat(draw(decay(1000), heldOut, 60))
        .containsExactly(
            "   8.0 ┤⠑⢄",
            "   7.0 ┤  ⠑⢄",
            "       │    ⠑⢄",
            "   6.0 ┤      ⠉⠢⢄",
            "   5.0 ┤         ⠉⠒⠤⣀",
            "       │             ⠉⠒⠢⠤⣀⡀       ●",
            "   4.0 ┤                  ⠈⠉⠑⠒⠢⠤⠤⣀⣀⣀⡀",
            "   3.0 ┤                            ⠈⠉⠉⠉⠑⠒⠒⠒⠒⠒⠒⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤●",
            "       └┬─────────┬─────────┬──────────┬─────────┬─────────┬",
            "        0        200       400        600       800    1,000");
  }

  @Test
  void oneStepAndALevelLine() {
    List<String> one = draw(List.of(new Point(1, 5)), List.of(), 60);
    assertThat(one).hasSize(10);
    assertThat(String.join("\n", one)).contains("┤").containsPattern("[\u2801-\u28ff]");
    assertThat(draw(List.of(new Point(1, 5), new Point(9, 5)), List.of(), 60)).hasSize(10);
  }

  /** Whatever the losses: it fits, every point is inside, and the marks are where they belong. */
  @Property(tries = 200)
  void itAlwaysFits(
      @ForAll @Size(min = 1, max = 300) List<@DoubleRange(max = 20) Double> losses,
      @ForAll @Size(max = 9) List<@DoubleRange(max = 20) Double> heldOut,
      @ForAll @IntRange(min = 40, max = 120) int width) {
    List<Point> learned = points(losses);
    List<Point> marks = points(heldOut.subList(0, Math.min(heldOut.size(), losses.size())));
    List<String> lines = draw(learned, marks, width);
    assertThat(lines).hasSize(8 + 2);
    assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(width));
    assertThat(String.join("", lines).chars().filter(c -> c == '●').count())
        .isBetween(marks.isEmpty() ? 0L : 1L, (long) marks.size());
  }

  private static List<Point> points(List<Double> losses) {
    List<Point> points = new ArrayList<>();
    for (double loss : losses) {
      points.add(new Point(points.size() + 1, loss));
    }
    return points;
  }

  /** The mean of the means, weighted, is the mean; and there are never too many. */
  @Property(tries = 40)
  void aLongHistoryKeepsItsMeanInBoundedMemory(
      @ForAll @IntRange(min = 1, max = 30_000) int steps, @ForAll @DoubleRange(max = 9) double a) {
    LossHistory history = new LossHistory();
    for (int step = 1; step <= steps; step++) {
      history.add(step, a + step % 7);
    }
    List<Point> points = history.points();
    assertThat(points).hasSizeLessThanOrEqualTo(LossHistory.MEANS_MAX).isNotEmpty();
    assertThat(points).extracting(Point::step).isSorted();
    int width = 1;
    while (steps > width * LossHistory.MEANS_MAX) {
      width *= 2;
    }
    for (Point point : points.subList(0, points.size() - 1)) {
      double first = point.step() - (width - 1) / 2.0;
      double sum = 0;
      for (int i = 0; i < width; i++) {
        sum += a + (first + i) % 7;
      }
      assertThat(point.loss()).isCloseTo(sum / width, within(1e-9));
    }
  }
}
