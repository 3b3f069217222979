package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.ReplayOrder.Slot;
import dev.remask.schemas.LiveDelay;
import dev.remask.schemas.LiveRange;
import dev.remask.schemas.SourceLoss;
import dev.remask.schemas.TrainingStep;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LedgerTableTest {
  private static TrainingStep.Builder step() {
    return TrainingStep.newBuilder()
        .setStep(12_345)
        .setEpoch(7)
        .setOrderStart(139_391)
        .setOrderEnd(139_455)
        .setExamples(64)
        .setExamplesSha256("e".repeat(64))
        .setMaskedTokens(480)
        .setRealTokens(3_187)
        .setLearningRate(2.5e-4)
        .setLoss(3.9123)
        .setGradientNorm(1.256)
        .setFingerprint("here")
        .setParametersSha256("0123456789abcdef".repeat(4))
        .setEndedAt(Instant.EPOCH);
  }

  @Test
  void aReplayAndALiveStep() {
    TrainingStep live =
        step()
            .setEpoch(0)
            .setOrderStart(-1)
            .setOrderEnd(-1)
            .setLiveRanges(List.of(new LiveRange(0, 0L, 16L), new LiveRange(1, 0L, 48L)))
            .setParametersSha256(null)
            .build();
    assertThat(
            List.of(LedgerTable.HEADER, LedgerTable.line(step().build()), LedgerTable.line(live)))
        .containsExactly(
            "   step epoch examples  tokens       lr   loss   norm  learned from      weights",
            " 12,345     7       64   3,187 2.50e-04  3.912   1.26  139391-139455     01234567",
            " 12,345  live       64   3,187 2.50e-04  3.912   1.26  0:0-16 +1");
    assertThat(Json.text(LedgerTable.Step.of(live)))
        .contains(
            "\"order_start\":null", "\"live_ranges\":[{\"partition\":0,\"start\":0,\"end\":16}")
        .contains("\"ended_at\":\"1970-01-01T00:00:00Z\"", "\"parameters_sha256\":null");
  }

  @Test
  void aStepOfPairsTellsOfTheNextSentence() {
    TrainingStep.Builder pairs = step().setNextSentenceLoss(0.5124).setNextSentenceAccuracy(0.7344);
    assertThat(LedgerTable.line(pairs.build()))
        .isEqualTo(LedgerTable.line(step().build()) + "  next sentence 0.512 (73.4 %)");
    assertThat(LedgerTable.line(pairs.setParametersSha256(null).build()))
        .endsWith("139391-139455               next sentence 0.512 (73.4 %)");
    assertThat(Json.text(LedgerTable.Step.of(pairs.build())))
        .contains("\"next_sentence_loss\":0.5124,\"next_sentence_accuracy\":0.7344");
    assertThat(Json.text(LedgerTable.Step.of(step().build())))
        .contains("\"next_sentence_loss\":null,\"next_sentence_accuracy\":null");
  }

  @Test
  void aSourceNeitherSteersTheTerminalNorLeavesItsColumn() {
    String hostile = "\u001B[2Jpoems\nof " + "x".repeat(40);
    TrainingStep live =
        step().setSources(List.of(new SourceLoss(hostile, 1, 1_301L, 6.25))).build();
    assertThat(LedgerTable.sources(live))
        .containsExactly("\uFFFD[2Jpoems of " + "x".repeat(17) + "…   1,301 predicted, loss 6.250");
  }

  @Test
  void sourcesStandBelowALiveStep() {
    TrainingStep live =
        step()
            .setSources(
                List.of(
                    new SourceLoss("dickens", 1, 1_301L, 6.2501),
                    new SourceLoss(null, 1, 20L, 7.0),
                    new SourceLoss(null, 12, 9L, 7.5)))
            .setDelay(new LiveDelay(1_200L, 3_400L))
            .build();
    assertThat(LedgerTable.sources(step().build())).isEmpty();
    assertThat(LedgerTable.sources(live))
        .containsExactly(
            "                        dickens   1,301 predicted, loss 6.250",
            "                     (not said)      20 predicted, loss 7.000",
            "                      12 others       9 predicted, loss 7.500");
    assertThat(Json.text(LedgerTable.Step.of(live)))
        .contains("{\"source\":\"dickens\",\"sources\":1,\"tokens\":1301,\"loss\":6.2501}")
        .contains("\"delay\":{\"median_ms\":1200,\"max_ms\":3400}");
  }

  /** What is written can be counted again: the ranges and what is beyond them are all. */
  @Property(tries = 200)
  void briefPlacesLoseNone(
      @ForAll Set<@IntRange(max = 40) Integer> first,
      @ForAll Set<@IntRange(max = 40) Integer> second,
      @ForAll @IntRange(min = 12, max = 80) int width) {
    List<Slot> slots = new ArrayList<>();
    first.forEach(sequence -> slots.add(new Slot(0, sequence)));
    second.forEach(sequence -> slots.add(new Slot(1, sequence)));
    String text = Places.brief(slots, width);
    assertThat(text.length()).isLessThanOrEqualTo(width);
    long counted = 0;
    for (String part : text.isEmpty() ? new String[0] : text.split(" ")) {
      if (part.startsWith("+")) {
        counted += Long.parseLong(part.substring(1));
      } else {
        String[] range = part.substring(2).split("-");
        long from = Long.parseLong(range[0]);
        counted += Long.parseLong(range[range.length - 1]) - from + 1;
        assertThat(slots).contains(new Slot(part.charAt(0) - '0', from));
      }
    }
    assertThat(counted).isEqualTo(slots.size());
  }
}
