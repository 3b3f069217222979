package dev.remask.trainer.model;

import dev.remask.trainer.Evaluation;

/** Adds up predictions. */
final class Tally {
  private final int mask;
  private long tokens;
  private double lossSum;
  private long correct;
  private long maskTokens;
  private double maskLossSum;
  private long maskCorrect;

  /** {@code mask} is the id of the mask token. */
  Tally(int mask) {
    this.mask = mask;
  }

  void add(double loss, boolean right, int input) {
    int hit = right ? 1 : 0;
    tokens++;
    lossSum += loss;
    correct += hit;
    if (input == mask) {
      maskTokens++;
      maskLossSum += loss;
      maskCorrect += hit;
    }
  }

  Evaluation evaluation() {
    return new Evaluation(tokens, lossSum, correct, maskTokens, maskLossSum, maskCorrect);
  }
}
