package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    wrong.beforeStep = () -> {};
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
}
