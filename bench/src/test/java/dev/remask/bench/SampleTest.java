package dev.remask.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SampleTest {
  /** The definition itself, by counting. */
  @Property
  void aPercentileIsTheSmallestValueWithThatShareAtOrBelow(
      @ForAll @Size(min = 1, max = 250) double[] values,
      @ForAll @IntRange(min = 1, max = 100) int percent) {
    double percentile = new Sample(values).percentile(percent);
    assertThat(values).contains(percentile);
    assertThat(100.0 * count(values, percentile, true))
        .isGreaterThanOrEqualTo(percent * (double) values.length);
    assertThat(100.0 * count(values, percentile, false))
        .isLessThan(percent * (double) values.length);
  }

  private static long count(double[] values, double bound, boolean withIt) {
    return Arrays.stream(values)
        .filter(v -> withIt ? Double.compare(v, bound) <= 0 : Double.compare(v, bound) < 0)
        .count();
  }

  @Test
  void ofTwoHundred() {
    Sample sample = new Sample(IntStream.rangeClosed(1, 200).mapToDouble(i -> 201 - i).toArray());
    assertThat(sample.percentile(50)).isEqualTo(100);
    assertThat(sample.percentile(95)).isEqualTo(190);
    assertThat(sample.row("r", sample.max(), "ms"))
        .isEqualTo(new Row("r", 200, "ms", null, null, 200, 199 / 100.5));
  }

  @Test
  void nothingIsNoSample() {
    assertThatThrownBy(Sample::new).isInstanceOf(IllegalArgumentException.class);
  }
}
