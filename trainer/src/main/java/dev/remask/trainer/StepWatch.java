package dev.remask.trainer;

/** Looks on while a step is computed. */
public interface StepWatch {
  /** Sees the step through. */
  StepWatch NONE = () -> false;

  /**
   * Whether the step should be given up. Asked often, by any thread that computes, until the
   * gradients are there.
   */
  boolean abandons();

  /** Whether the batch is to be scored before it is learned. */
  default boolean scores() {
    return false;
  }

  /**
   * How well the batch is predicted by the weights before the step, without dropout; if that was
   * asked for, before anything changes.
   *
   * @param losses in nats, of each token to predict, in the order of the examples
   */
  default void scored(double[] losses) {}

  /** The gradients are there and added up; the update follows. On the thread that asked for it. */
  default void summed() {}
}
