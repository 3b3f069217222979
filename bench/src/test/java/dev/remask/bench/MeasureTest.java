package dev.remask.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.DoubleStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class MeasureTest {
  private static final double[] WARM_UP = {9_999, 9_999, 9_999};
  private final Measure measure = new Measure("m", "u", 5, Duration.ZERO);

  /** The warm-up's three values, which must not count, and then the given ones. */
  private static Measure.Run run(List<String> order, String who, double... values) {
    Iterator<Double> all =
        DoubleStream.concat(Arrays.stream(WARM_UP), Arrays.stream(values)).iterator();
    return () -> {
      order.add(who);
      return all.next();
    };
  }

  @Test
  void pairsTakeTurnsAfterTheWarmUp() throws Exception {
    List<String> order = new ArrayList<>();
    // Something disturbed both in the third pair; the ratios are 2, 2, 2, 3, 1.
    Row row =
        measure.against("p", run(order, "a", 10, 12, 1, 15, 9), run(order, "b", 5, 6, 0.5, 5, 9));
    assertThat(row).isEqualTo(new Row("m", 10, "u", "p", 2.0, 5, 1.4));
    assertThat(String.join("", order)).isEqualTo("aaabbb" + "ab" + "ba" + "ab" + "ba" + "ab");
  }

  @Test
  void tellsTheRatioOfEveryPair() throws Exception {
    List<Double> told = new ArrayList<>();
    Row row =
        measure.against(
            "p",
            run(new ArrayList<>(), "a", 10, 12, 1, 15, 9),
            run(new ArrayList<>(), "b", 5, 6, 0.5, 5, 9),
            ratios -> Arrays.stream(ratios).forEach(told::add));
    assertThat(told).containsExactly(2.0, 2.0, 2.0, 3.0, 1.0);
    assertThat(row.ratio()).isEqualTo(2.0);
  }

  @Test
  void alone() throws Exception {
    Row row = measure.alone(run(new ArrayList<>(), "a", 4, 1, 5, 2, 3));
    assertThat(row).isEqualTo(new Row("m", 3, "u", null, null, 5, 4 / 3.0));
  }

  @Test
  void warmsUpForItsTime() throws Exception {
    long start = System.nanoTime();
    new Measure("m", "u", 5, Duration.ofMillis(50)).alone(() -> 1);
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(50_000_000);
  }

  @Property
  void atMostHalfAreAboveTheMedianAndAtMostHalfBelow(
      @ForAll @Size(min = 1, max = 20) List<@DoubleRange(min = 0, max = 10) Double> values) {
    double median = Measure.median(values.stream().mapToDouble(v -> v).toArray());
    assertThat(2 * values.stream().filter(v -> v > median).count())
        .isLessThanOrEqualTo(values.size());
    assertThat(2 * values.stream().filter(v -> v < median).count())
        .isLessThanOrEqualTo(values.size());
  }

  @Test
  void aRateIsUnitsOverTime() throws Exception {
    double rate =
        Timing.rate(
            50,
            () -> {
              Thread.sleep(100);
              return 7;
            });
    assertThat(rate).isBetween(50.0, 500.0);
    assertThat(Timing.made).isEqualTo(7);
  }
}
