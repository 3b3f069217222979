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

  /** The gradients are there and added up; the update follows. On the thread that asked for it. */
  default void summed() {}
}
