package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.remask.trainer.NextSentence;
import dev.remask.trainer.Remaining;
import dev.remask.trainer.StepListener;
import dev.remask.trainer.StepListener.StepReport;
import org.junit.jupiter.api.Test;

class LearningCurveTest {
  static StepReport step(long number, double loss) {
    return step(number, 0, loss, 0);
  }

  private static StepReport step(long number, int epoch, double loss, double waiting) {
    return step(number, epoch, loss, waiting, false);
  }

  private static StepReport step(
      long number, int epoch, double loss, double waiting, boolean redone) {
    return new StepReport(
        number,
        epoch,
        64,
        loss,
        1e-3,
        1,
        2000,
        0.25,
        0.5,
        new StepListener.Parts(waiting, 0, 0, 0, 0, 0),
        new Remaining(Remaining.ENDLESS, 6400 - 10 * number),
        redone,
        NextSentence.NOTHING);
  }

  /** Waiting for text or for a plan says nothing about reading ahead. */
  @Test
  void theWaitsOfReplaysAreThoseBetweenTheirSteps() {
    LearningCurve curve = new LearningCurve();
    curve.learned(step(1, 0, 5, 0.5));
    curve.learned(step(2, 1, 5, 0.5));
    assertThat(curve.replayWaiting()).isNaN();
    curve.learned(step(3, 1, 5, 0.1));
    curve.learned(step(4, 2, 5, 0.2));
    assertThat(curve.replayWaiting()).as("0.3 s of 1 s").isCloseTo(0.3, within(1e-12));
    curve.learned(step(5, 2, 5, 0.5, true));
    assertThat(curve.replayWaiting()).as("a redo is none").isCloseTo(0.3, within(1e-12));
  }

  @Test
  void showsARecentMeanAndAllOfThePast() {
    LearningCurve curve = new LearningCurve();
    assertThat(curve.recentLoss()).isNaN();
    assertThat(curve.secondsLeft()).isNaN();
    assertThat(curve.bars(10)).isEmpty();
    for (int i = 1; i <= 400; i++) {
      curve.learned(step(i, 9 - (i - 1) / 50));
    }
    assertThat(curve.lastStep()).isEqualTo(400);
    assertThat(curve.recentLoss()).isCloseTo(2, within(1e-12));
    assertThat(curve.tokensPerSecond()).isCloseTo(2000, within(1e-6));
    assertThat(curve.blasShare()).isCloseTo(0.25, within(1e-9));
    assertThat(curve.secondsLeft()).as("2,400 of 64 in 0.5 s").isCloseTo(18.75, within(1e-9));
    assertThat(curve.bars(8)).isEqualTo("█▇▆▅▄▃▂▁");
    assertThat(curve.bars(2)).isEqualTo("█▁");
  }
}
