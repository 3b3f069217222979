package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.schemas.TrainingStep;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the ledger holds is learned again: with the same numerics, and with others. */
class TrainingLoopRedoTest {
  private static final Recipe RECIPE = Recipes.of(9, 16, 4, 9);

  private static TrainingSummary run(
      FakeLedger ledger, FakeLearner learner, Path folder, Until until, int stopAfter)
      throws Exception {
    Optional<Checkpoint> start = Checkpoints.newest(folder);
    if (start.isPresent()) {
      learner.load(start.get().model(), start.get().state());
    }
    AtomicInteger steps = new AtomicInteger();
    return TrainingLoopTest.loop(
            RECIPE,
            TrainingLoopTest.twoEpochs(),
            ledger,
            learner,
            TrainingLoopTest.checkpoints(folder, RECIPE),
            start.map(Checkpoint::position).orElse(Position.start(2)),
            report -> steps.incrementAndGet())
        .run(until, () -> steps.get() >= stopAfter);
  }

  private static FakeLearner other() {
    FakeLearner other = new FakeLearner();
    other.fingerprint = "other";
    other.lossFactor = 1 + Redo.TOLERANCE / 2;
    return other;
  }

  /**
   * Stopped in the middle of a redo with other numerics, a run goes on with its own again, bit for
   * bit: the weights of that redo were kept at no step.
   */
  @Test
  void aRedoWithOtherNumericsLeavesNoCheckpointOfItsOwn(@TempDir Path folder) throws Exception {
    FakeLedger ledger = new FakeLedger(1);
    FakeLearner whole = new FakeLearner();
    TrainingSummary all = run(ledger, whole, folder.resolve("whole"), Until.step(7), 99);
    assertThat(all.steps()).isEqualTo(7);

    Path shared = folder.resolve("shared");
    FakeLedger again = new FakeLedger(1);
    again.committed.addAll(ledger.committed);
    FakeLearner wrong = other();
    TrainingSummary stopped = run(again, wrong, shared, Until.step(7), 3);
    assertThat(stopped.redone()).isEqualTo(3);
    assertThat(Checkpoints.newest(shared)).as("none of the redo").isEmpty();

    FakeLearner own = new FakeLearner();
    TrainingSummary redone = run(again, own, shared, Until.step(7), 99);
    assertThat(redone.redone()).isEqualTo(7);
    assertThat(redone.near()).as("all bit for bit").isZero();
    assertThat(own.parametersSha256()).isEqualTo(whole.parametersSha256());
    assertThat(Checkpoints.newest(shared).orElseThrow().position().step()).isEqualTo(7);
  }

  /** Under other numerics bits are not promised, examples are. */
  @Test
  void anotherFingerprintIsRedoneWithinATolerance() throws Exception {
    FakeLedger ledger = new FakeLedger(1);
    Recipe recipe = Recipes.of(9, 16, 100, 1);
    TrainingLoopTest.loop(
            recipe,
            TrainingLoopTest.twoEpochs(),
            ledger,
            new FakeLearner(),
            (p, l) -> {},
            Position.start(2),
            r -> {})
        .run(Until.step(4), () -> false);
    FakeLearner near = new FakeLearner();
    near.fingerprint = "other";
    near.lossFactor = 1 + Redo.TOLERANCE / 2;
    assertThat(
            TrainingLoopTest.loop(
                    recipe,
                    TrainingLoopTest.twoEpochs(),
                    ledger,
                    near,
                    (p, l) -> {},
                    Position.start(2),
                    r -> {})
                .run(Until.step(0), () -> false)
                .redone())
        .isEqualTo(4);
    FakeLearner far = new FakeLearner();
    far.fingerprint = "other";
    far.lossFactor = 1 + 2 * Redo.TOLERANCE;
    assertThatThrownBy(
            () ->
                TrainingLoopTest.loop(
                        recipe,
                        TrainingLoopTest.twoEpochs(),
                        ledger,
                        far,
                        (p, l) -> {},
                        Position.start(2),
                        r -> {})
                    .run(Until.step(0), () -> false))
        .hasMessageContaining("step 1 cannot be redone within");
  }

  /** What a checkpoint is loaded for, and whether that is what the ledger has of it. */
  private static List<String> warnings(FakeLearner learner, FakeLedger ledger, Position start)
      throws Exception {
    List<String> heard = new ArrayList<>();
    StepListener listener =
        new StepListener() {
          @Override
          public void learned(StepReport report) {}

          @Override
          public void warning(String line) {
            heard.add(line);
          }
        };
    TrainingLoopTest.loop(
            Recipes.of(9, 16, 2, 1),
            TrainingLoopTest.twoEpochs(),
            ledger,
            learner,
            (p, l) -> {},
            start,
            listener)
        .run(Until.step(0), () -> false);
    return heard;
  }

  @Test
  void whatIsNotAsPromisedIsToldToPeople() throws Exception {
    FakeLedger ledger = new FakeLedger(1);
    FakeLearner learner = new FakeLearner();
    Position at =
        TrainingLoopTest.loop(
                Recipes.of(9, 16, 2, 1),
                TrainingLoopTest.twoEpochs(),
                ledger,
                learner,
                (p, l) -> {},
                Position.start(2),
                r -> {})
            .run(Until.step(3), () -> false)
            .position();
    assertThat(ledger.committed)
        .extracting(TrainingStep::getParametersSha256)
        .as("at each checkpoint, the one at the end included")
        .containsExactly(
            null, ledger.committed.get(1).getParametersSha256(), learner.parametersSha256());
    assertThat(warnings(learner, ledger, at)).isEmpty();
    assertThat(warnings(new FakeLearner(), ledger, at))
        .singleElement()
        .asString()
        .contains("the checkpoint's weights are not those that the ledger has of step 3");

    FakeLearner other = new FakeLearner();
    other.fingerprint = "other";
    assertThat(warnings(other, ledger, Position.start(2)))
        .singleElement()
        .asString()
        .contains("steps from 1 on were computed with fake, here it is other", "within 0.001");
    assertThat(warnings(new FakeLearner(), ledger, Position.start(2))).isEmpty();
  }

  @Test
  void aCheckpointAheadOfTheLedgerStops() throws Exception {
    Position ahead = new Position(3, 1, 27, List.of(0L, 0L));
    assertThatThrownBy(() -> warnings(new FakeLearner(), new FakeLedger(1), ahead))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the ledger ends at step 0, the checkpoint is at step 3");
  }
}
