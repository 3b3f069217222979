package dev.remask.trainer;

/**
 * Sums over some examples, so that parts can be added. "At mask" counts only selected positions
 * whose input is {@code <mask>}: a model can do well over all selected ones by copying those that
 * were kept.
 *
 * @param lossSum over all selected tokens, in nats
 * @param maskLossSum over those at {@code <mask>}
 */
public record Evaluation(
    long tokens,
    double lossSum,
    long correct,
    long maskTokens,
    double maskLossSum,
    long maskCorrect) {}
