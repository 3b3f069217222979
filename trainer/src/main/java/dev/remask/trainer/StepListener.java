package dev.remask.trainer;

import dev.remask.schemas.HeldOutEvaluation;
import dev.remask.schemas.TrainingStep;

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
   * @param blasShare operations of the step's matrix products over {@code seconds}, as a share of
   *     what BLAS alone would do on all workers
   * @param seconds since the step before, the wait for examples included
   * @param parts where these went
   * @param left after this step
   * @param redone whether the step was in the ledger already and was learned again
   * @param nextSentence of pairs
   */
  record StepReport(
      long step,
      int epoch,
      int examples,
      double loss,
      double learningRate,
      double gradientNorm,
      double tokensPerSecond,
      double blasShare,
      double seconds,
      Parts parts,
      Remaining left,
      boolean redone,
      NextSentence nextSentence) {}

  /**
   * Seconds of a step by what was done; what is left of its time is bookkeeping.
   *
   * @param waiting for examples
   * @param gradients forward and backward, the sum over workers included
   * @param update clipping and optimizer
   * @param evaluation looking at held-out text, where that was due
   * @param ledger handing the step to the ledger
   * @param checkpoint writing a checkpoint after the step before this one, and what the ledger
   *     still had to write before
   */
  record Parts(
      double waiting,
      double gradients,
      double update,
      double evaluation,
      double ledger,
      double checkpoint) {}

  void learned(StepReport report);

  /** A new step as the ledger has it; before its own report. */
  default void recorded(TrainingStep step) {}

  /** What the weights after a step make of held-out text; before that step's own report. */
  default void evaluated(long step, HeldOutScore score) {}

  /** The same of an earlier process: each in order, as the ledger is read. */
  default void remembered(long step, HeldOutEvaluation found) {}

  /**
   * Where it begins, before the first step.
   *
   * @param position of the checkpoint that was loaded, or before the first step
   */
  default void started(Position position) {}

  /**
   * A line when the broker or the registry is away, when it is back, and when a stop cost
   * something; any thread.
   */
  default void notice(String line) {}

  /** A line about something that goes on, but not quite as promised; before the first step. */
  default void warning(String line) {}
}
