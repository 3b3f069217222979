package dev.remask.trainer;

import dev.remask.schemas.HeldOutEvaluation;

/**
 * How well held-out text is predicted.
 *
 * @param segments how many were scored
 * @param model the run's
 * @param unigram at the same positions, without looking at the context: what must be beaten
 * @param copying the same, but looking at the input at its own position: what must be beaten over
 *     all selected tokens
 * @param bytes of text that the selected tokens stand for
 * @param maskBytes of text that those at {@code <mask>} stand for
 */
public record HeldOutScore(
    int segments,
    Evaluation model,
    Evaluation unigram,
    Evaluation copying,
    long bytes,
    long maskBytes) {

  /** As the ledger keeps it. */
  public HeldOutEvaluation record() {
    HeldOutEvaluation.Builder found =
        HeldOutEvaluation.newBuilder()
            .setSegments(segments)
            .setTokens(model.tokens())
            .setLoss(model.loss())
            .setAccuracy(model.accuracy())
            .setBytes(bytes)
            .setMaskTokens(model.maskTokens())
            .setMaskLoss(model.maskLoss())
            .setMaskAccuracy(model.maskAccuracy())
            .setMaskBytes(maskBytes)
            .setUnigramLoss(unigram.loss())
            .setUnigramMaskLoss(unigram.maskLoss())
            .setCopyLoss(copying.loss());
    NextSentence pairs = model.nextSentence();
    if (pairs.isPresent()) {
      found.setNextSentenceLoss(pairs.loss());
      found.setNextSentenceAccuracy(pairs.accuracy());
    }
    return found.build();
  }
}
