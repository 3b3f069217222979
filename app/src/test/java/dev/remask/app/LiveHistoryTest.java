package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.remask.schemas.LiveDelay;
import dev.remask.schemas.LiveRange;
import dev.remask.schemas.SourceLoss;
import dev.remask.schemas.TrainingStep;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LiveHistoryTest {
  /** A live step with 10 tokens of each source; null is one that is not said. */
  static TrainingStep step(long number, double loss, @Nullable String... sources) {
    List<SourceLoss> losses = new ArrayList<>();
    for (String source : sources) {
      losses.add(new SourceLoss(source, 1, 10L, loss));
    }
    return TrainingStep.newBuilder()
        .setStep(number)
        .setEpoch(0)
        .setLiveRanges(List.of(new LiveRange(0, number, number + 1)))
        .setExamples(1)
        .setExamplesSha256("ee")
        .setMaskedTokens(10L * sources.length)
        .setRealTokens(80)
        .setLearningRate(1e-3)
        .setLoss(loss)
        .setGradientNorm(1)
        .setFingerprint("here")
        .setEndedAt(Instant.EPOCH)
        .setSources(losses)
        .setDelay(new LiveDelay(1_000 * number, 2_000 * number))
        .build();
  }

  @Test
  void tellsTheBeginningAndTheEndOfEachSource() {
    LiveHistory history = new LiveHistory();
    assertThat(history.sources()).isEmpty();
    assertThat(history.delay()).isEmpty();
    for (int step = 1; step <= 120; step++) {
      history.add(step % 2 == 0 ? step(step, step, "a", null) : step(step, step, "a"));
    }
    history.add(TrainingStep.newBuilder(step(121, 9)).setDelay(null).setEpoch(1).build());
    LiveHistory.SourceFigures a = history.sources().get(0);
    assertThat(a.source()).isEqualTo("a");
    assertThat(a.tokens()).isEqualTo(1_200);
    assertThat(a.firstLoss()).as("1 to 50").isCloseTo(25.5, within(1e-9));
    assertThat(a.loss()).as("71 to 120").isCloseTo(95.5, within(1e-9));
    LiveHistory.SourceFigures other = history.sources().get(1);
    assertThat(other.source()).isEqualTo(LiveHistory.NOT_SAID);
    assertThat(other.firstLoss()).as("2 to 100, the even ones").isCloseTo(51, within(1e-9));
    assertThat(other.loss()).as("22 to 120").isCloseTo(71, within(1e-9));
    assertThat(history.delay()).contains(new LiveHistory.DelaySeconds(95, 240));
    assertThat(history.recentLoss("a")).isEqualTo(a.loss());
    assertThat(history.recentLoss("b")).isNaN();
  }

  /** What several unknown sources have in one step is one step of the others. */
  @Test
  void theFirstAndLastStepsOfTheOthersAreSteps() {
    LiveHistory history = new LiveHistory();
    for (int step = 1; step <= 100; step++) {
      String[] sources = new String[16];
      for (int i = 0; i < sources.length; i++) {
        sources[i] = "document-" + step + "-" + i;
      }
      history.add(step(step, step, sources));
    }
    LiveHistory.SourceFigures others = history.sources().get(0);
    assertThat(others.source()).isEqualTo(LiveHistory.OTHERS);
    assertThat(others.tokens()).isEqualTo(10 * (16 * 100 - LiveHistory.SOURCES_MAX + 1));
    // The first 16 sources and 3 of the second step are told apart; others begin in step 2.
    double first = (13 * 2 + 16 * (51 * 52 / 2 - 1 - 2)) / (13 + 16 * 49.0);
    assertThat(others.firstLoss()).as("2 to 51").isCloseTo(first, within(1e-9));
    assertThat(others.loss()).as("51 to 100").isCloseTo(75.5, within(1e-9));
  }

  /** A source for each document must not fill a scraper's memory. */
  @Test
  void howeverManySourcesThereAreFewAreToldApart() {
    LiveHistory history = new LiveHistory();
    for (int step = 1; step <= 1_000; step++) {
      history.add(step(step, 3, "document-" + step, "always"));
    }
    history.add(
        TrainingStep.newBuilder(step(1_001, 3))
            .setSources(List.of(new SourceLoss(null, 7, 70L, 3.0)))
            .build());
    List<LiveHistory.SourceFigures> sources = history.sources();
    assertThat(sources).hasSize(LiveHistory.SOURCES_MAX);
    assertThat(sources.get(0).source()).isEqualTo("always");
    assertThat(sources.get(1).source()).isEqualTo(LiveHistory.OTHERS);
    assertThat(sources.stream().mapToLong(LiveHistory.SourceFigures::tokens).sum())
        .isEqualTo(20_070);
  }
}
