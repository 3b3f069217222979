package dev.remask.trainer;

/**
 * What one optimizer step saw.
 *
 * @param loss mean over the predicted tokens, in nats
 * @param gradientNorm of the mean gradient, before clipping
 * @param maskedTokens predicted tokens
 * @param realTokens tokens that are not padding
 * @param nextSentence of pairs
 */
public record StepResult(
    double loss,
    double gradientNorm,
    long maskedTokens,
    long realTokens,
    NextSentence nextSentence) {

  /** Of examples that are no pairs. */
  public StepResult(double loss, double gradientNorm, long maskedTokens, long realTokens) {
    this(loss, gradientNorm, maskedTokens, realTokens, NextSentence.NOTHING);
  }

  /** Whether it is something to go on from. */
  public boolean isFinite() {
    return Double.isFinite(loss)
        && Double.isFinite(gradientNorm)
        && Double.isFinite(nextSentence.lossSum());
  }
}
