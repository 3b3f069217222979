package dev.remask.trainer;

import dev.remask.mlm.Example;
import dev.remask.schemas.LiveDelay;
import dev.remask.schemas.LiveRange;
import dev.remask.schemas.TrainingStep;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A step as the ledger keeps it; {@link Redo#work} is the way back. */
final class StepRecord {
  private StepRecord() {}

  /** What the step learned from, and what came of it; numerics and time are left to be set. */
  static TrainingStep.Builder of(
      long number, Work.Step work, List<Example> batch, double learningRate, StepResult result) {
    TrainingStep.Builder step =
        TrainingStep.newBuilder()
            .setStep(number)
            .setExamples(batch.size())
            .setExamplesSha256(Example.sha256(batch))
            .setMaskedTokens(result.maskedTokens())
            .setRealTokens(result.realTokens())
            .setLearningRate(learningRate)
            .setLoss(result.loss())
            .setGradientNorm(result.gradientNorm());
    if (result.nextSentence().isPresent()) {
      step.setNextSentenceLoss(result.nextSentence().loss());
      step.setNextSentenceAccuracy(result.nextSentence().accuracy());
    }
    if (work instanceof Work.Replay replay) {
      return step.setEpoch(replay.epoch()).setOrderStart(replay.start()).setOrderEnd(replay.end());
    }
    List<LiveRange> ranges =
        ((Work.Live) work)
            .ranges().stream()
                .map(range -> new LiveRange(range.partition(), range.start(), range.end()))
                .toList();
    return step.setEpoch(0).setLiveRanges(ranges);
  }

  /**
   * How long the text of a live step took into the weights; empty if nothing is known.
   *
   * @param arrivals in milliseconds since 1970
   */
  static Optional<LiveDelay> delay(List<Long> arrivals, Instant ended) {
    if (arrivals.isEmpty()) {
      return Optional.empty();
    }
    // The clock of who sent the text may be ahead.
    List<Long> delays =
        arrivals.stream().map(at -> Math.max(0, ended.toEpochMilli() - at)).sorted().toList();
    return Optional.of(
        new LiveDelay(delays.get((delays.size() - 1) / 2), delays.get(delays.size() - 1)));
  }
}
