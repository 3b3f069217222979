package dev.remask.trainer;

/**
 * Sums over some examples, so that parts can be added. "At mask" counts only selected positions
 * whose input is {@code <mask>}: a model can do well over all selected ones by copying those that
 * were kept.
 *
 * @param lossSum over all selected tokens, in nats
 * @param maskLossSum over those at {@code <mask>}
 * @param nextSentence of pairs
 */
public record Evaluation(
    long tokens,
    double lossSum,
    long correct,
    long maskTokens,
    double maskLossSum,
    long maskCorrect,
    NextSentence nextSentence) {

  public static final Evaluation NOTHING = new Evaluation(0, 0, 0, 0, 0, 0);

  /** Of examples that are no pairs. */
  public Evaluation(
      long tokens,
      double lossSum,
      long correct,
      long maskTokens,
      double maskLossSum,
      long maskCorrect) {
    this(tokens, lossSum, correct, maskTokens, maskLossSum, maskCorrect, NextSentence.NOTHING);
  }

  /** The same with next-sentence predictions. */
  public Evaluation with(NextSentence predictions) {
    return new Evaluation(
        tokens, lossSum, correct, maskTokens, maskLossSum, maskCorrect, predictions);
  }

  /** The sums over both. */
  public Evaluation plus(Evaluation other) {
    return new Evaluation(
        tokens + other.tokens,
        lossSum + other.lossSum,
        correct + other.correct,
        maskTokens + other.maskTokens,
        maskLossSum + other.maskLossSum,
        maskCorrect + other.maskCorrect,
        nextSentence.plus(other.nextSentence));
  }

  /** Mean loss over all selected tokens, in nats; NaN if there are none. */
  public double loss() {
    return lossSum / tokens;
  }

  /** Mean loss at {@code <mask>}, in nats; NaN if there are none. */
  public double maskLoss() {
    return maskLossSum / maskTokens;
  }

  /** Share of all selected tokens that were predicted right; NaN if there are none. */
  public double accuracy() {
    return (double) correct / tokens;
  }

  /** Share of those at {@code <mask>}; NaN if there are none. */
  public double maskAccuracy() {
    return (double) maskCorrect / maskTokens;
  }
}
