package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.remask.schemas.SourceLoss;
import dev.remask.schemas.TrainingStep;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RedoTest {
  private static final String WEIGHTS = "aa";

  private static TrainingStep.Builder step() {
    return TrainingStep.newBuilder()
        .setStep(7)
        .setEpoch(1)
        .setOrderStart(10)
        .setOrderEnd(14)
        .setExamples(4)
        .setExamplesSha256("ee")
        .setMaskedTokens(9)
        .setRealTokens(60)
        .setLearningRate(1e-3)
        .setLoss(5.5)
        .setGradientNorm(1.25)
        .setNextSentenceLoss(0.5)
        .setNextSentenceAccuracy(0.75)
        .setFingerprint("here")
        .setParametersSha256(WEIGHTS)
        .setEndedAt(Instant.EPOCH)
        .setSources(sources("a", 5.5));
  }

  private static List<SourceLoss> sources(@Nullable String name, double loss) {
    return List.of(new SourceLoss(name, 1, 9L, loss));
  }

  private static StepDiffers difference(Redo redo, TrainingStep was, TrainingStep is) {
    return catchThrowableOfType(StepDiffers.class, () -> redo.requireSame(was, is));
  }

  /** Every field that says what was learned, changed by as little as it can be. */
  @Test
  void aChangeOfAnyFieldIsNamed() {
    Map<String, Consumer<TrainingStep.Builder>> changes =
        Map.ofEntries(
            Map.entry("step", s -> s.setStep(8)),
            Map.entry("examples", s -> s.setExamples(5)),
            Map.entry("SHA-256 of the examples", s -> s.setExamplesSha256("ef")),
            Map.entry("predicted tokens", s -> s.setMaskedTokens(8)),
            Map.entry("tokens", s -> s.setRealTokens(61)),
            Map.entry("learning rate", s -> s.setLearningRate(Math.nextUp(1e-3))),
            Map.entry("loss", s -> s.setLoss(Math.nextDown(5.5))),
            Map.entry("next-sentence loss", s -> s.setNextSentenceLoss(Math.nextUp(0.5))),
            Map.entry("next-sentence accuracy", s -> s.setNextSentenceAccuracy(0.5)),
            Map.entry("gradient norm", s -> s.setGradientNorm(Math.nextUp(1.25))),
            Map.entry("SHA-256 of the weights", s -> s.setParametersSha256("ab")),
            Map.entry("loss by source", s -> s.setSources(sources("a", Math.nextUp(5.5)))));
    changes.forEach(
        (what, change) -> {
          TrainingStep.Builder planted = step();
          change.accept(planted);
          StepDiffers found = difference(new Redo(true), planted.build(), step().build());
          assertThat(found.what()).isEqualTo(what);
          assertThat(found.step()).isEqualTo(planted.getStep());
          assertThat(found.was()).isNotEqualTo(found.is());
          assertThat(found).hasMessageContaining("step " + planted.getStep() + " cannot be redone");
        });
    Redo same = new Redo(true);
    same.requireSame(step().build(), step().build());
    assertThat(same.near()).isZero();
    assertThat(same.hashes()).isEqualTo(1);
  }

  /**
   * Weights that other numerics made are others: what the same numerics recorded after theirs, they
   * recorded after other weights.
   */
  @Test
  void afterAStepOfOtherNumericsBitsArePromisedAgainOnlyWhereTheWeightsAreTheSame() {
    Redo redo = new Redo(true);
    TrainingStep elsewhere =
        step().setFingerprint("there").setLoss(5.501).setParametersSha256("bb").build();
    redo.requireSame(elsewhere, step().build());
    redo.requireSame(step().setLoss(5.501).setParametersSha256(null).build(), step().build());
    assertThat(redo.near()).isEqualTo(2);
    assertThat(redo.hashes()).isZero();

    TrainingStep met = step().setLoss(5.501).build();
    redo.requireSame(met, step().build());
    assertThat(redo.near()).isEqualTo(3);
    assertThat(redo.hashes()).isEqualTo(1);
    assertThat(difference(redo, met, step().build()).what()).isEqualTo("loss");
  }

  @Test
  void withinTheToleranceExamplesAreStillTheSame() {
    TrainingStep.Builder elsewhere = step().setFingerprint("there");
    assertThat(
            difference(new Redo(true), elsewhere.setExamplesSha256("ef").build(), step().build())
                .what())
        .isEqualTo("SHA-256 of the examples");
    TrainingStep far = step().setFingerprint("there").setGradientNorm(1.26).build();
    assertThatThrownBy(() -> new Redo(true).requireSame(far, step().build()))
        .hasMessage("step 7 cannot be redone within 0.001: gradient norm was 1.26, is 1.25");
  }

  /** A step of pairs on one side only is another step, whatever the numerics. */
  @Test
  void whatThereIsOfTheNextSentenceIsCompared() {
    TrainingStep one = step().setNextSentenceLoss(null).setNextSentenceAccuracy(null).build();
    assertThat(difference(new Redo(true), one, step().build()).what())
        .isEqualTo("next-sentence loss");
    assertThat(difference(new Redo(false), step().build(), one).what())
        .isEqualTo("next-sentence loss");
    new Redo(false).requireSame(step().setNextSentenceLoss(0.5004).build(), step().build());
    TrainingStep far = step().setNextSentenceLoss(0.51).build();
    assertThat(difference(new Redo(false), far, step().build()).what())
        .isEqualTo("next-sentence loss");
    new Redo(true).requireSame(one, one);
    new Redo(false).requireSame(one, one);
  }

  /** Their examples may have been masked by a version that knew no sources, or scored none. */
  @Test
  void whatOlderRecordsDoNotHaveIsNotCompared() {
    new Redo(true).requireSame(step().setSources(List.of()).build(), step().build());
    for (boolean exact : new boolean[] {true, false}) {
      TrainingStep notSaid = step().setSources(sources(null, 5.5)).build();
      new Redo(exact).requireSame(notSaid, step().build());
      new Redo(exact).requireSame(step().setSources(sources("b", 5.4)).build(), step().build());
      assertThat(difference(new Redo(exact), notSaid, step().setLoss(5.6).build()).what())
          .isEqualTo("loss");
    }
    TrainingStep elsewhere =
        step().setFingerprint("there").setSources(sources("a", 5.6)).setLoss(5.501).build();
    new Redo(true).requireSame(elsewhere, step().build());
  }

  @Test
  void weightsThatWereOthersAtFirstPromiseNoBits() {
    Redo redo = new Redo(false);
    redo.requireSame(step().setLoss(5.501).setParametersSha256(null).build(), step().build());
    assertThat(redo.near()).isEqualTo(1);
  }
}
