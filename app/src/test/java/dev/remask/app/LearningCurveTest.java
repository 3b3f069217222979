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
    return new StepReport(
        number,
        0,
        64,
        loss,
        1e-3,
        1,
        2000,
        0.25,
        0.5,
        new StepListener.Parts(0, 0, 0, 0, 0, 0),
        new Remaining(Remaining.ENDLESS, 6400 - 10 * number),
        false,
        NextSentence.NOTHING);
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
