package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.trainer.NextSentence;
import dev.remask.trainer.Remaining;
import dev.remask.trainer.StepListener.Parts;
import dev.remask.trainer.StepListener.StepReport;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressLineTest {
  private static final Console PLAIN =
      new Console(
          new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
          false,
          System::nanoTime);
  private static final Remaining ENDLESS = new Remaining(Remaining.ENDLESS, Remaining.ENDLESS);

  private static StepReport step(
      long number, double loss, double norm, double tokensPerSecond, Remaining left) {
    return step(number, loss, norm, tokensPerSecond, left, NextSentence.NOTHING);
  }

  private static StepReport step(
      long number,
      double loss,
      double norm,
      double tokensPerSecond,
      Remaining left,
      NextSentence nextSentence) {
    Parts parts = new Parts(0, 0, 0, 0, 0, 0);
    return new StepReport(
        number,
        4,
        64,
        loss,
        6.04e-4,
        norm,
        tokensPerSecond,
        0.6149,
        0.5,
        parts,
        left,
        false,
        nextSentence);
  }

  @Test
  void tellsItAll() {
    LearningCurve curve = new LearningCurve();
    curve.learned(step(1_137, 4.406, 1.75, 102_240, new Remaining(240, 999_999)));
    assertThat(ProgressLine.of(curve, "epoch 4", PLAIN))
        .startsWith(
            "epoch 4, step 1,137 · loss 4.41, norm 1.8, lr 6.0e-4 · 102k tok/s, 61 % of BLAS · 2 min left");
  }

  /** Of pairs: the mean of the last steps, by pair. */
  @Test
  void tellsOfTheNextSentenceToo() {
    LearningCurve curve = new LearningCurve();
    Remaining left = new Remaining(240, 999_999);
    curve.learned(step(1_136, 4.406, 1.75, 102_240, left, new NextSentence(64, 32, 48)));
    curve.learned(step(1_137, 4.406, 1.75, 102_240, left, new NextSentence(192, 64, 160)));
    assertThat(ProgressLine.of(curve, "epoch 4", PLAIN))
        .startsWith(
            "epoch 4, step 1,137 · loss 4.41, next sentence 0.38 (81 %), norm 1.8, lr 6.0e-4 · ");
  }

  @Test
  void whatHasNoEndTellsNone() {
    LearningCurve curve = new LearningCurve();
    for (int i = 1; i <= 2_000; i++) {
      curve.learned(step(i, 9 - i / 500.0, 12.4, 6_400, ENDLESS));
    }
    assertThat(ProgressLine.of(curve, "live lane", PLAIN))
        .isEqualTo(
            "live lane, step 2,000 · loss 5.05, norm 12, lr 6.0e-4 · 6.4k tok/s, 61 % of BLAS  "
                + curve.bars(16));
  }

  /** With the console's time and name, 120 columns. */
  @Property
  void fitsTheWidth(
      @ForAll @IntRange(min = 1, max = 99) int epoch,
      @ForAll @LongRange(min = 1, max = 999_999) long step,
      @ForAll @DoubleRange(max = 9.99) double loss,
      @ForAll @DoubleRange(max = 999) double norm,
      @ForAll @DoubleRange(min = 1, max = 9_999_999) double tokensPerSecond,
      @ForAll @LongRange(max = 10_000_000) long examples) {
    LearningCurve curve = new LearningCurve();
    for (int i = 0; i < 100; i++) {
      Remaining left = new Remaining(Remaining.ENDLESS, examples);
      curve.learned(step(step, loss, norm, tokensPerSecond, left));
    }
    assertThat(ProgressLine.of(curve, "epoch " + epoch, PLAIN).length())
        .isLessThanOrEqualTo(ProgressLine.WIDTH);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 s",
    "0.2, 1 s",
    "59.9, 60 s",
    "60, 1 min",
    "61, 2 min",
    "3599, 60 min",
    "3600, 1.0 h",
    "9360, 2.6 h",
    "43200, 12 h",
    "86400, 1.0 d",
    "276480, 3.2 d"
  })
  void timeIsToldInItsUnit(double seconds, String told) {
    assertThat(ProgressLine.time(seconds)).isEqualTo(told);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "999.4, 999", "999.6, 1.0k", "6400, 6.4k", "9960, 10k", "999600, 1.0M"})
  void countsHaveTwoOrThreeDigits(double count, String told) {
    assertThat(ProgressLine.count(count)).isEqualTo(told);
  }
}
