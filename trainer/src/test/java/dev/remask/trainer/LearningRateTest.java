package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.remask.trainer.LearningRate.Decay;
import dev.remask.trainer.LearningRate.Scaling;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LearningRateTest {
  private static LearningRate of(Decay decay, double power, Scaling scaling, int base) {
    return new LearningRate(6e-4, 100, decay, 1_100, power, 0.1, scaling, base);
  }

  /** Fairseq's polynomial_decay written as there: with a warm-up factor and an end value. */
  private static double fairseq(
      double lr, long warmUp, long total, double power, double end, long step) {
    if (warmUp > 0 && step <= warmUp) {
      double factor = step / (double) warmUp;
      return factor * lr;
    }
    if (step >= total) {
      return end;
    }
    double range = lr - end;
    double remaining = 1 - (step - warmUp) / (double) (total - warmUp);
    return range * Math.pow(remaining, power) + end;
  }

  @Property
  void theDecayIsFairseqs(
      @ForAll @IntRange(max = 300) int warmUp,
      @ForAll @IntRange(min = 1, max = 300) int decay,
      @ForAll @DoubleRange(min = 0.1, max = 5) double power,
      @ForAll @DoubleRange(min = 0, max = 1) double floor,
      @ForAll @IntRange(min = 1, max = 700) int step,
      @ForAll boolean linear) {
    double peak = 6e-4;
    int total = warmUp + decay;
    LearningRate rate =
        new LearningRate(
            peak,
            warmUp,
            linear ? Decay.LINEAR : Decay.POLYNOMIAL,
            total,
            power,
            floor,
            Scaling.NONE,
            256);
    double expected = fairseq(peak, warmUp, total, linear ? 1 : power, peak * floor, step);
    assertThat(rate.at(step, 8_192)).isCloseTo(expected, within(1e-15));
    if (step > warmUp) {
      assertThat(rate.at(step, 8_192)).isGreaterThanOrEqualTo(peak * floor);
    }
  }

  /** k times the batch: k times the rate by Goyal et al., its root by the other rule. */
  @Property
  void thePeakFollowsTheBatch(
      @ForAll @IntRange(min = 1, max = 512) int base,
      @ForAll @IntRange(min = 1, max = 64) int times,
      @ForAll @IntRange(min = 1, max = 1_500) int step,
      @ForAll Decay decay) {
    double none = of(decay, 2, Scaling.NONE, base).at(step, base * times);
    double linear = of(decay, 2, Scaling.LINEAR, base).at(step, base * times);
    double sqrt = of(decay, 2, Scaling.SQRT, base).at(step, base * times);
    assertThat(linear).isCloseTo(times * none, within(1e-14));
    assertThat(sqrt * sqrt).isCloseTo(times * none * none, within(1e-14));
  }

  /** Worked out by hand: peak 6e-4, 100 steps of warm-up, decay to a tenth at step 1,100. */
  @ParameterizedTest
  @CsvSource({
    "LINEAR,     1, NONE,    1,    256,   6.0e-6",
    "LINEAR,     1, NONE,    50,   256,   3.0e-4",
    "LINEAR,     1, NONE,    100,  256,   6.0e-4",
    "LINEAR,     1, NONE,    600,  256,   3.3e-4",
    "LINEAR,     1, NONE,    1100, 256,   6.0e-5",
    "LINEAR,     1, NONE,    9999, 256,   6.0e-5",
    "POLYNOMIAL, 1, NONE,    600,  256,   3.3e-4",
    "POLYNOMIAL, 2, NONE,    600,  256,   1.95e-4",
    "POLYNOMIAL, 2, NONE,    850,  256,   9.375e-5",
    "POLYNOMIAL, 2, NONE,    1100, 256,   6.0e-5",
    "CONSTANT,   2, NONE,    50,   256,   3.0e-4",
    "CONSTANT,   2, NONE,    1100, 256,   6.0e-4",
    "CONSTANT,   2, NONE,    9999, 256,   6.0e-4",
    "CONSTANT,   1, LINEAR,  200,  8192,  1.92e-2",
    "CONSTANT,   1, LINEAR,  200,  64,    1.5e-4",
    "CONSTANT,   1, SQRT,    200,  8192,  3.394112549695428e-3",
    "CONSTANT,   1, SQRT,    200,  64,    3.0e-4",
    "LINEAR,     1, LINEAR,  50,   8192,  9.6e-3",
    "LINEAR,     1, LINEAR,  1100, 8192,  1.92e-3",
    "POLYNOMIAL, 2, SQRT,    600,  1024,  3.9e-4"
  })
  void goldenValues(
      Decay decay, double power, Scaling scaling, long step, int batch, double expected) {
    assertThat(of(decay, power, scaling, 256).at(step, batch))
        .isCloseTo(expected, within(1e-12 * expected));
  }

  @Test
  void warmUpEndsBeforeTheDecay() {
    assertThatThrownBy(() -> LearningRate.linear(1, 11, 10, 0))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("warmup.steps");
    LearningRate constant = new LearningRate(1, 11, Decay.CONSTANT, 10, 1, 0, Scaling.NONE, 1);
    assertThat(constant.at(11, 1)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"0, 1, learning.rate.power", "NaN, 1, learning.rate.power", "1, 0, base.batch"})
  void namesTheKeyThatIsWrong(double power, int base, String key) {
    assertThatThrownBy(() -> of(Decay.POLYNOMIAL, power, Scaling.SQRT, base))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(key)
        .hasMessageContaining("must be from");
  }
}
