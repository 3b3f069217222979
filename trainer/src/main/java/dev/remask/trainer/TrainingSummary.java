package dev.remask.trainer;

/**
 * What one call of the loop did.
 *
 * @param position where it ended
 * @param steps learned for the first time
 * @param redone steps of the ledger that were learned again
 * @param near of these, compared within a tolerance, as the numerics are others
 * @param hashes of the redone ones, those whose weights have the hash that the ledger has of them
 * @param examples sequences learned for the first time
 * @param verified of these, compared with what segment and plan give
 * @param tokens real tokens among the examples
 * @param firstLoss of the first new step, in nats; NaN if there was none
 * @param lastLoss of the last new step
 */
public record TrainingSummary(
    Position position,
    long steps,
    long redone,
    long near,
    long hashes,
    long examples,
    long verified,
    long tokens,
    double firstLoss,
    double lastLoss) {
  /** Of a loop that was stopped before its first step. */
  public static TrainingSummary nothing(Position position) {
    return new TrainingSummary(position, 0, 0, 0, 0, 0, 0, 0, Double.NaN, Double.NaN);
  }
}
