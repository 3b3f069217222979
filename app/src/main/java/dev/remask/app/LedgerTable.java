package dev.remask.app;

import dev.remask.schemas.LiveDelay;
import dev.remask.schemas.LiveRange;
import dev.remask.schemas.SourceLoss;
import dev.remask.schemas.TrainingStep;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Steps of a ledger as lines of a table, for people, and as objects, for programs. */
final class LedgerTable {
  static final String HEADER =
      "   step epoch examples  tokens       lr   loss   norm  learned from      weights";

  private static final int HASH_SHOWN = 8;
  private static final int SOURCE_SHOWN = 31;

  /** All that the ledger has of a step. */
  record Step(
      long step,
      int epoch,
      @Nullable Long orderStart,
      @Nullable Long orderEnd,
      List<Range> liveRanges,
      int examples,
      String examplesSha256,
      long maskedTokens,
      long realTokens,
      double learningRate,
      double loss,
      double gradientNorm,
      String fingerprint,
      @Nullable String parametersSha256,
      String endedAt,
      @Nullable HeldOutFigures heldOut,
      List<Source> sources,
      @Nullable Delay delay,
      @Nullable Double nextSentenceLoss,
      @Nullable Double nextSentenceAccuracy) {

    static Step of(TrainingStep step) {
      boolean replay = step.getOrderStart() >= 0;
      Instant endedAt = step.getEndedAt();
      return new Step(
          step.getStep(),
          step.getEpoch(),
          replay ? step.getOrderStart() : null,
          replay ? step.getOrderEnd() : null,
          step.getLiveRanges().stream().map(Range::of).toList(),
          step.getExamples(),
          step.getExamplesSha256(),
          step.getMaskedTokens(),
          step.getRealTokens(),
          step.getLearningRate(),
          step.getLoss(),
          step.getGradientNorm(),
          step.getFingerprint(),
          step.getParametersSha256(),
          endedAt.toString(),
          step.getHeldOut() == null ? null : HeldOutFigures.of(step.getHeldOut()),
          step.getSources().stream().map(Source::of).toList(),
          step.getDelay() == null ? null : Delay.of(step.getDelay()),
          step.getNextSentenceLoss(),
          step.getNextSentenceAccuracy());
    }
  }

  /**
   * How well text was predicted before the step learned it.
   *
   * @param source null if it is not known, or if these are several
   */
  record Source(@Nullable String source, int sources, long tokens, double loss) {
    static Source of(SourceLoss loss) {
      return new Source(loss.getSource(), loss.getSources(), loss.getTokens(), loss.getLoss());
    }
  }

  /** From the arrival of the documents that filled a live step's segments to its end. */
  record Delay(long medianMs, long maxMs) {
    static Delay of(LiveDelay delay) {
      return new Delay(delay.getMedianMs(), delay.getMaxMs());
    }
  }

  /** Sequences {@code [start, end)} of a partition of the live lane. */
  record Range(int partition, long start, long end) {
    static Range of(LiveRange range) {
      return new Range(range.getPartition(), range.getStart(), range.getEnd());
    }
  }

  private LedgerTable() {}

  /** In the columns of the header, and for pairs what came of them after these. */
  static String line(TrainingStep step) {
    String hash = step.getParametersSha256();
    return String.format(
            Locale.ROOT,
            "%,7d %5s %8d %,7d %8.2e %6.3f %6.2f  %-17s %-8s%s",
            step.getStep(),
            epoch(step),
            step.getExamples(),
            step.getRealTokens(),
            step.getLearningRate(),
            step.getLoss(),
            step.getGradientNorm(),
            from(step),
            hash == null ? "" : hash.substring(0, Math.min(HASH_SHOWN, hash.length())),
            nextSentence(step))
        .stripTrailing();
  }

  private static String nextSentence(TrainingStep step) {
    Double loss = step.getNextSentenceLoss();
    Double accuracy = step.getNextSentenceAccuracy();
    return loss == null || accuracy == null
        ? ""
        : String.format(Locale.ROOT, "  next sentence %.3f (%.1f %%)", loss, 100 * accuracy);
  }

  /** What is known of each source, below the step's line. */
  static List<String> sources(TrainingStep step) {
    return step.getSources().stream()
        .map(
            loss ->
                String.format(
                    Locale.ROOT,
                    "%31s %,7d predicted, loss %.3f",
                    loss.getSources() > 1
                        ? loss.getSources() + " others"
                        : Terminal.column(LiveHistory.name(loss), SOURCE_SHOWN),
                    loss.getTokens(),
                    loss.getLoss()))
        .toList();
  }

  static String epoch(TrainingStep step) {
    return step.getEpoch() == 0 ? "live" : Integer.toString(step.getEpoch());
  }

  /** An interval of the order, or the first of the ranges and how many more there are. */
  static String from(TrainingStep step) {
    if (step.getOrderStart() >= 0) {
      return step.getOrderStart() + "-" + step.getOrderEnd();
    }
    List<LiveRange> ranges = step.getLiveRanges();
    LiveRange first = ranges.get(0);
    return first.getPartition()
        + ":"
        + first.getStart()
        + "-"
        + first.getEnd()
        + (ranges.size() > 1 ? " +" + (ranges.size() - 1) : "");
  }
}
