package dev.remask.trainer.log;

import dev.remask.trainer.Evaluator;
import dev.remask.trainer.HeldOutScore;
import dev.remask.trainer.Learner;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Scores held-out text every so many steps, and after the last one. The text is read again each
 * time until there is as much as is ever taken: from then on scores are of the same positions.
 */
final class HeldOutWatch implements Evaluator {
  private final long everySteps;
  private final Supplier<HeldOutText> reading;
  private @Nullable HeldOutText text;

  /**
   * @param everySteps 0 for never
   * @param reading may throw {@link Stopped}
   */
  HeldOutWatch(long everySteps, Supplier<HeldOutText> reading) {
    this.everySteps = everySteps;
    this.reading = reading;
  }

  @Override
  public Optional<HeldOutScore> after(
      long step, boolean last, Learner learner, BooleanSupplier abandons) {
    if (everySteps == 0 || !(last || step % everySteps == 0)) {
      return Optional.empty();
    }
    try {
      HeldOutText now = text == null || !text.complete() ? reading.get() : text;
      text = now;
      return now.size() == 0 ? Optional.empty() : now.score(learner, abandons);
    } catch (Stopped e) {
      return Optional.empty();
    }
  }
}
