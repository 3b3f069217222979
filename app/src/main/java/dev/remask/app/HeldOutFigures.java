package dev.remask.app;

import dev.remask.schemas.HeldOutEvaluation;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How well held-out text is predicted, as people and programs are told: over all selected tokens,
 * and at {@code <mask>} alone, where copying does not help. Losses in nats per token; NaN, in JSON
 * null, for what there was not.
 *
 * @param segments that were scored
 * @param perplexity e to the loss
 * @param accuracy share of the tokens that the likeliest one hits
 * @param bitsPerByte the loss in bits per byte of UTF-8 that the tokens stand for: comparable
 *     between vocabularies
 * @param unigramLoss of the best predictor that looks at nothing
 * @param copyLoss of the best one that looks at the input at the same place; at {@code <mask>} it
 *     is the unigram's
 * @param nextSentenceLoss over the pairs, in nats; guessing gives 0.69
 * @param nextSentenceAccuracy share of the pairs that are told right
 */
record HeldOutFigures(
    int segments,
    long tokens,
    double loss,
    double perplexity,
    double accuracy,
    double bitsPerByte,
    double unigramLoss,
    double copyLoss,
    long maskTokens,
    double maskLoss,
    double maskPerplexity,
    double maskAccuracy,
    double maskBitsPerByte,
    double unigramMaskLoss,
    double nextSentenceLoss,
    double nextSentenceAccuracy) {

  static HeldOutFigures of(HeldOutEvaluation kept) {
    return new HeldOutFigures(
        kept.getSegments(),
        kept.getTokens(),
        kept.getLoss(),
        Math.exp(kept.getLoss()),
        kept.getAccuracy(),
        bitsPerByte(kept.getLoss(), kept.getTokens(), kept.getBytes()),
        kept.getUnigramLoss(),
        kept.getCopyLoss(),
        kept.getMaskTokens(),
        kept.getMaskLoss(),
        Math.exp(kept.getMaskLoss()),
        kept.getMaskAccuracy(),
        bitsPerByte(kept.getMaskLoss(), kept.getMaskTokens(), kept.getMaskBytes()),
        kept.getUnigramMaskLoss(),
        orNaN(kept.getNextSentenceLoss()),
        orNaN(kept.getNextSentenceAccuracy()));
  }

  private static double orNaN(@Nullable Double figure) {
    return figure == null ? Double.NaN : figure;
  }

  private static double bitsPerByte(double loss, long tokens, long bytes) {
    return loss / Math.log(2) * tokens / bytes;
  }

  /** For people: one line after the other. */
  List<String> lines() {
    return Double.isNaN(nextSentenceLoss)
        ? List.of(atMask(), selected())
        : List.of(atMask(), selected(), nextSentence());
  }

  private String nextSentence() {
    return String.format(
        Locale.ROOT,
        "%.2f over the next-sentence labels (%.1f %% right)",
        nextSentenceLoss,
        100 * nextSentenceAccuracy);
  }

  /** For people, the telling part first. */
  private String atMask() {
    return String.format(
        Locale.ROOT,
        "%.2f at <mask> (perplexity %,.1f, %.1f %% right, %.2f bits per byte); word frequencies alone: %.2f",
        maskLoss,
        maskPerplexity,
        100 * maskAccuracy,
        maskBitsPerByte,
        unigramMaskLoss);
  }

  /** For people. */
  private String selected() {
    return String.format(
        Locale.ROOT,
        "%.2f over all selected tokens (%,.1f, %.1f %%, %.2f); word frequencies alone: %.2f, with copying: %.2f",
        loss,
        perplexity,
        100 * accuracy,
        bitsPerByte,
        unigramLoss,
        copyLoss);
  }
}
