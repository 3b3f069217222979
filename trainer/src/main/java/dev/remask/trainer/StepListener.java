package dev.remask.trainer;

/** Hears of every step, on the thread that learns. */
@FunctionalInterface
public interface StepListener {
  /**
   * A step as people want to see it.
   *
   * @param epoch 0 for the live lane
   * @param examples sequences learned
   * @param loss mean over the predicted tokens, in nats
   * @param gradientNorm before clipping
   * @param tokensPerSecond real tokens over {@code seconds}
   * @param seconds since the step before, the wait for examples included
   * @param redone whether the step was in the ledger already and was learned again
   */
  record StepReport(
      long step,
      int epoch,
      int examples,
      double loss,
      double learningRate,
      double gradientNorm,
      double tokensPerSecond,
      double seconds,
      boolean redone) {}

  void learned(StepReport report);
}
