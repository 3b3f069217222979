package dev.remask.trainer;

/**
 * Sums over the next-sentence predictions of some pairs, so that parts can be added.
 *
 * @param lossSum in nats
 * @param correct how many labels were the likelier one
 */
public record NextSentence(long examples, double lossSum, long correct) {
  public static final NextSentence NOTHING = new NextSentence(0, 0, 0);

  /** The sums over both. */
  public NextSentence plus(NextSentence other) {
    return new NextSentence(
        examples + other.examples, lossSum + other.lossSum, correct + other.correct);
  }

  /** Whether there were pairs. */
  public boolean isPresent() {
    return examples > 0;
  }

  /** Mean loss, in nats; NaN if there are no pairs. */
  public double loss() {
    return lossSum / examples;
  }

  /** Share of the pairs whose label was the likelier one; NaN if there are none. */
  public double accuracy() {
    return (double) correct / examples;
  }
}
