package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.Example;
import dev.remask.mlm.ReplayOrder;
import dev.remask.schemas.TrainingStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps from which nothing can be learned end the loop before anything is kept of them. */
class TrainingLoopFaultsTest {
  private static final double MAX = Math.log(FakeLearner.VOCABULARY) + 1;
  private static final StepResult GOOD = new StepResult(1, 1, 1, 1);

  /** Learns as the fake does, and tells what it is told to. */
  private static FakeLearner telling(LongFunction<StepResult> results) {
    return new FakeLearner() {
      @Override
      public Optional<StepResult> step(
          List<Example> batch, double learningRate, long step, StepWatch watch) {
        Optional<StepResult> unused = super.step(batch, learningRate, step, watch);
        return Optional.of(results.apply(step));
      }
    };
  }

  private static String failure(
      Recipe recipe, FakeFeed feed, FakeLedger ledger, FakeLearner learner, Path folder) {
    TrainingLoop loop =
        TrainingLoopTest.loop(
            recipe,
            feed,
            ledger,
            learner,
            TrainingLoopTest.checkpoints(folder, recipe),
            Position.start(2),
            report -> {});
    StringBuilder message = new StringBuilder();
    assertThatThrownBy(() -> loop.run(Until.epoch(9), () -> false))
        .isInstanceOf(IllegalStateException.class)
        .satisfies(e -> message.append(e.getMessage()));
    return message.toString();
  }

  @Test
  void aReplayedStepThatIsNotFiniteIsToldWithItsSegments(@TempDir Path folder) {
    FakeLedger ledger = new FakeLedger(1);
    FakeFeed feed = TrainingLoopTest.twoEpochs();
    FakeLearner learner =
        telling(step -> step < 3 ? GOOD : new StepResult(Double.NaN, 1 / 0.0, 1, 1));
    String message = failure(Recipes.of(9, 16, 1, 9), feed, ledger, learner, folder);
    ReplayOrder order = feed.plans().order(1, 16);
    String[] places = new String[4];
    for (int i = 0; i < places.length; i++) {
      var slot = order.slot(18 + i); // 54 examples in steps of 9
      places[i] = slot.partition() + ":" + slot.sequence();
    }
    assertThat(message)
        .isEqualTo(
            "step 3: the loss is NaN and the gradient norm is Infinity; nothing of it is kept; it was learning segments %s and 5 more ('remask peek --segment %s --epochs 1')"
                .formatted(String.join(", ", places), places[0]));
    assertThat(ledger.committed).extracting(TrainingStep::getStep).containsExactly(1L, 2L);
    assertThat(folder.toFile().list()).containsExactlyInAnyOrder("step-0", "step-1", "step-2");
  }

  @Test
  void aLiveStepThatIsNotFiniteIsToldWithItsRanges(@TempDir Path folder) {
    FakeLedger ledger = new FakeLedger(1);
    FakeFeed feed = new FakeFeed(2, true).arrive(List.of(40L, 31L));
    FakeLearner learner = telling(step -> step < 2 ? GOOD : new StepResult(2, Double.NaN, 1, 1));
    assertThat(failure(Recipes.of(8, 16, 100, 9), feed, ledger, learner, folder))
        .isEqualTo(
            "step 2: the gradient norm is NaN; nothing of it is kept; it was learning segments 0:4 to 0:7, 1:4 to 1:7 ('remask peek --segment 0:4 --epochs 0')");
    assertThat(ledger.committed).hasSize(1);
    assertThat(folder.toFile().list()).containsExactly("step-0");
  }

  @Test
  void aNextSentenceLossThatIsNotFiniteIsTold(@TempDir Path folder) {
    FakeLedger ledger = new FakeLedger(1);
    FakeFeed feed = new FakeFeed(2, true).arrive(List.of(40L, 31L));
    NextSentence bad = new NextSentence(8, Double.POSITIVE_INFINITY, 3);
    FakeLearner learner =
        telling(step -> step < 2 ? GOOD : new StepResult(2, Double.NaN, 1, 1, bad));
    assertThat(failure(Recipes.of(8, 16, 100, 9), feed, ledger, learner, folder))
        .startsWith(
            "step 2: the next-sentence loss is Infinity and the gradient norm is NaN; nothing of it");
    assertThat(ledger.committed).hasSize(1);
  }

  /**
   * Five steps of warm-up are forgiven; so are 49. A restart forgets none, and learns none more.
   */
  @Test
  void fiftyStepsWorseThanGuessingEndIt(@TempDir Path folder) throws IOException {
    FakeFeed feed = new FakeFeed(2, false).plan(1, List.of(200L, 100L));
    FakeLedger ledger = new FakeLedger(1);
    FakeLearner learner =
        telling(step -> new StepResult(step == 55 ? MAX : Math.nextUp(MAX), 1, 1, 1));
    String message = failure(Recipes.of(2, 16, 10, 99), feed, ledger, learner, folder);
    assertThat(message)
        .startsWith("steps 56 to 105: every loss was above 3.30, far worse than guessing, ")
        .contains("learning.rate")
        .contains("--epochs 1");
    assertThat(ledger.committed).hasSize(104);
    assertThat(folder.toFile().list()).contains("step-100").hasSize(11);

    FakeLearner redoing =
        telling(step -> new StepResult(step == 55 ? MAX : Math.nextUp(MAX), 1, 1, 1));
    assertThat(failure(Recipes.of(2, 16, 1_000, 99), feed, ledger, redoing, folder.resolve("new")))
        .startsWith("steps 56 to 105: ");

    Checkpoint checkpoint = Checkpoints.newest(folder).orElseThrow();
    FakeLearner restarted =
        telling(step -> new StepResult(step == 55 ? MAX : Math.nextUp(MAX), 1, 1, 1));
    restarted.load(checkpoint.model(), checkpoint.state());
    TrainingLoop loop =
        TrainingLoopTest.loop(
            Recipes.of(2, 16, 10, 99),
            feed,
            ledger,
            restarted,
            TrainingLoopTest.checkpoints(folder, Recipes.of(2, 16, 10, 99)),
            checkpoint.position(),
            report -> {});
    assertThat(checkpoint.position().step()).isEqualTo(100);
    assertThatThrownBy(() -> loop.run(Until.epoch(9), () -> false))
        .hasMessageStartingWith("steps 56 to 105: ");
    assertThat(ledger.committed).hasSize(104);
  }
}
