package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipeTest {
  private static Recipe recipe(double peak, long warmUp, long total, double floor) {
    return new Recipe(8, 4, peak, warmUp, total, floor, 1, 0.01, 0.9, 0.98, 64, 2, 10, 3);
  }

  /** The polynomial decay of fairseq with power 1, written with a power and an end value. */
  @Property
  void learningRateIsFairseqsPolynomialDecayOfPowerOne(
      @ForAll @IntRange(max = 300) int warmUp,
      @ForAll @IntRange(min = 1, max = 300) int decay,
      @ForAll @DoubleRange(min = 0, max = 1) double floor,
      @ForAll @IntRange(min = 1, max = 700) int step) {
    double peak = 6e-4;
    double end = peak * floor;
    int total = warmUp + decay;
    double expected;
    if (warmUp > 0 && step <= warmUp) {
      expected = (step / (double) warmUp) * peak;
    } else if (step >= total) {
      expected = end;
    } else {
      double remaining = 1 - (step - warmUp) / (double) (total - warmUp);
      expected = (peak - end) * Math.pow(remaining, 1.0) + end;
    }
    double actual = recipe(peak, warmUp, total, floor).learningRate(step);
    assertThat(actual).isCloseTo(expected, within(1e-15));
    if (step > warmUp) {
      assertThat(actual).isGreaterThanOrEqualTo(end);
    }
  }

  @Test
  void workedExample() {
    Recipe recipe = recipe(1.0, 4, 14, 0.1);
    assertThat(recipe.learningRate(1)).isEqualTo(0.25);
    assertThat(recipe.learningRate(4)).isEqualTo(1.0);
    assertThat(recipe.learningRate(9)).isCloseTo(0.55, within(1e-12));
    assertThat(recipe.learningRate(14)).isEqualTo(0.1);
    assertThat(recipe.learningRate(1_000)).isEqualTo(0.1);
  }

  @ParameterizedTest
  @CsvSource({
    "0,1,1,0.1, batch.size",
    "8,9,1,0.1, batch.micro.size",
    "8,4,NaN,0.1, learning.rate",
    "8,4,0,0.1, learning.rate",
    "8,4,1,1.5, learning.rate.floor"
  })
  void namesTheKeyThatIsWrong(int batch, int micro, double peak, double floor, String key) {
    assertThatThrownBy(
            () -> new Recipe(batch, micro, peak, 1, 10, floor, 1, 0, 0.9, 0.98, 64, 2, 10, 3))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(key)
        .hasMessageContaining("must be from");
  }

  @Test
  void warmUpEndsBeforeTheDecay() {
    assertThatThrownBy(() -> recipe(1, 11, 10, 0))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("warmup.steps");
  }
}
