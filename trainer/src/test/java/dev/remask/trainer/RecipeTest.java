package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.trainer.LearningRate.Decay;
import dev.remask.trainer.LearningRate.Scaling;
import java.util.Set;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipeTest {
  private static final LearningRate RATE = LearningRate.linear(1, 1, 10, 0.1);

  private static Recipe recipe(LogicalBatch batch, int micro, LearningRate rate) {
    return new Recipe(batch, micro, rate, Recipes.OPTIMIZER, 64, 2, 10, 3);
  }

  private static Set<String> keys(Decay decay, Scaling scaling, LogicalBatch batch) {
    LearningRate rate = new LearningRate(0.1, 1, decay, 10, 2, 0.1, scaling, 8);
    return recipe(batch, 1, rate).settings().keySet();
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
            () ->
                recipe(
                    LogicalBatch.constant(batch), micro, LearningRate.linear(peak, 1, 10, floor)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(key)
        .hasMessageContaining("must be from");
  }

  @ParameterizedTest
  @CsvSource({
    "1,    0.98, 1e-6, 0.01, 1,  adam.beta1",
    "0.9,  1,    1e-6, 0.01, 1,  adam.beta2",
    "0.9,  0.98, 0,    0.01, 1,  adam.epsilon",
    "0.9,  0.98, 1e-6, 1,    1,  weight.decay",
    "0.9,  0.98, 1e-6, 0.01, -1, clip.norm"
  })
  void namesTheOptimizersKeyThatIsWrong(
      double beta1, double beta2, double epsilon, double decay, double clip, String key) {
    assertThatThrownBy(() -> new Optimizer(beta1, beta2, epsilon, decay, clip))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(key)
        .hasMessageContaining("must be from");
  }

  /** What nothing depends on may change in the middle of a run. */
  @Test
  void theSettingsAreThoseThatCount() {
    LogicalBatch constant = LogicalBatch.constant(8);
    assertThat(recipe(constant, 1, RATE).settings())
        .containsEntry("batch.size", "8")
        .containsEntry("batch.ramp.steps", "0")
        .containsEntry("learning.rate", "1.0")
        .containsEntry("learning.rate.schedule", "linear")
        .containsEntry("learning.rate.scaling", "none")
        .containsEntry("adam.epsilon", "1.0E-6")
        .containsEntry("order.window", "64")
        .hasSize(15);
    assertThat(keys(Decay.LINEAR, Scaling.NONE, constant))
        .doesNotContain("learning.rate.power", "learning.rate.base.batch", "batch.ramp.start");
    assertThat(keys(Decay.POLYNOMIAL, Scaling.SQRT, new LogicalBatch(8, 3, 2)))
        .contains("learning.rate.power", "learning.rate.base.batch", "batch.ramp.start");
    assertThat(keys(Decay.CONSTANT, Scaling.NONE, constant))
        .doesNotContain("total.steps", "learning.rate.floor", "learning.rate.power");
  }

  @Test
  void theRateFollowsTheRamp() {
    LearningRate rate = new LearningRate(0.1, 0, Decay.CONSTANT, 1, 1, 0, Scaling.LINEAR, 8);
    Recipe recipe = recipe(new LogicalBatch(16, 2, 4), 1, rate);
    assertThat(recipe.learningRate(1)).isEqualTo(0.1 * 4 / 8);
    assertThat(recipe.learningRate(2)).isEqualTo(0.1 * 10 / 8);
    assertThat(recipe.learningRate(3)).isEqualTo(0.1 * 16 / 8);
  }

  @Test
  void aRateThatScalingTakesAbove1IsRefused() {
    LearningRate rate = new LearningRate(6e-4, 0, Decay.LINEAR, 1, 1, 0, Scaling.LINEAR, 1);
    assertThatThrownBy(() -> recipe(LogicalBatch.constant(8192), 1, rate))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("learning.rate.base.batch")
        .hasMessageContaining("4.9152 for batch.size = 8192, and at most 1 is allowed");
  }
}
