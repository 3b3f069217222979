package dev.remask.trainer;

import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Looks now and then at what the model makes of text that it never learns from. */
@FunctionalInterface
public interface Evaluator {
  /** Never looks. */
  Evaluator NONE = (step, last, learner, abandons) -> Optional.empty();

  /**
   * Leaves the learner as it was.
   *
   * @param step that was just learned
   * @param last whether the loop ends with it
   * @param abandons asked often, by any thread
   * @return empty if it is not the time for it, if there is no such text, or if it was given up
   */
  Optional<HeldOutScore> after(long step, boolean last, Learner learner, BooleanSupplier abandons);
}
