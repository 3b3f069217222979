package dev.remask.trainer;

import java.util.function.BooleanSupplier;

/** Looks on while the loop takes a step, and keeps how its batch was predicted before. */
final class ScoringWatch implements StepWatch {
  private final BooleanSupplier abandons;
  private final Runnable summed;
  private final boolean scores;
  private double[] losses = {};

  /**
   * @param abandons any thread
   * @param scores whether the batch is to be scored before it is learned
   */
  ScoringWatch(BooleanSupplier abandons, Runnable summed, boolean scores) {
    this.abandons = abandons;
    this.summed = summed;
    this.scores = scores;
  }

  @Override
  public boolean abandons() {
    return abandons.getAsBoolean();
  }

  @Override
  public boolean scores() {
    return scores;
  }

  @Override
  public void scored(double[] found) {
    losses = found;
  }

  @Override
  public void summed() {
    summed.run();
  }

  /** In nats, of each token to predict, in the order of the examples; none if it does not score. */
  double[] losses() {
    return losses;
  }
}
