package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Dataset;
import dev.remask.trainer.LearningRate;
import dev.remask.trainer.LearningRate.Decay;
import dev.remask.trainer.LearningRate.Scaling;
import dev.remask.trainer.LogicalBatch;
import dev.remask.trainer.Recipe;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

class TrainersTest {
  private static final Vocabulary VOCABULARY = Vocabulary.learn(List.of("a few words"), 300);

  private static Settings set(Map<String, String> settings) {
    return Settings.of(Map.of(), null, Map.of(), settings);
  }

  @Test
  void theRecipeIsThatOfTheSettings() {
    Recipe recipe =
        new Trainers(
                set(
                    Map.of(
                        "segment.length", "128",
                        "batch.size", "131072 tokens",
                        "batch.ramp.steps", "1000",
                        "batch.ramp.start", "64",
                        "learning.rate.scaling", "sqrt",
                        "learning.rate.base.batch", "512",
                        "learning.rate.schedule", "polynomial",
                        "learning.rate.power", "2",
                        "total.steps", "5000")))
            .recipe();
    assertThat(recipe.batch()).isEqualTo(new LogicalBatch(1_024, 1_000, 64));
    assertThat(recipe.rate())
        .isEqualTo(
            new LearningRate(6e-4, 100, Decay.POLYNOMIAL, 5_000, 2, 0.05, Scaling.SQRT, 512));
    assertThat(recipe.learningRate(50))
        .isCloseTo(3e-4 * Math.sqrt(recipe.batch().at(50) / 512.0), within(1e-15));
  }

  @Test
  void aBatchThatTheHeapCannotHoldIsRefused() {
    Settings settings = set(Map.of("batch.size", "8192"));
    Dataset dataset = new DatasetSettings(settings).declare(VOCABULARY, Instant.EPOCH);
    Trainers trainers = new Trainers(settings);
    assertThatCode(() -> trainers.check(dataset, 1L << 30)).doesNotThrowAnyException();
    assertThatThrownBy(() -> trainers.check(dataset, 1L << 28))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("8192 for configuration batch.size: must be at most ")
        .hasMessageContaining("half of the heap of 256 MiB");
  }
}
