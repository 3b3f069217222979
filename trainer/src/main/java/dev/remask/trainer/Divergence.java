package dev.remask.trainer;

/**
 * Whether a run has lost what it had learned: fifty steps in a row whose loss is a nat worse than
 * that of guessing evenly among all tokens. Such a model does not come back by itself.
 *
 * <p>While the learning rate still warms up, a loss that was never lower counts for nothing: a
 * model that begins badly, as one that another text has formed, has hardly moved then.
 *
 * @param lossMax above which a loss counts, in nats
 * @param warmUpSteps of the recipe
 * @param wasBelow whether a loss was at or below {@code lossMax}
 * @param above steps in a row, up to the last one
 */
record Divergence(double lossMax, long warmUpSteps, boolean wasBelow, int above) {
  static final int STEPS = 50;
  private static final double MARGIN = 1;

  /** Before the first step. */
  static Divergence of(int vocabulary, long warmUpSteps) {
    return new Divergence(Math.log(vocabulary) + MARGIN, warmUpSteps, false, 0);
  }

  /**
   * @param step 1, 2, 3 ...
   */
  Divergence after(long step, double loss) {
    if (!(loss > lossMax)) {
      return new Divergence(lossMax, warmUpSteps, true, 0);
    }
    boolean counts = wasBelow || step > warmUpSteps;
    return counts ? new Divergence(lossMax, warmUpSteps, wasBelow, above + 1) : this;
  }

  boolean found() {
    return above >= STEPS;
  }
}
