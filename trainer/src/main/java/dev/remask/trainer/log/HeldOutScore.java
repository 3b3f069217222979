package dev.remask.trainer.log;

import dev.remask.trainer.Evaluation;

/**
 * How well held-out text is predicted.
 *
 * @param model the run's
 * @param unigram at the same positions, without looking at the context: what must be beaten
 */
public record HeldOutScore(Evaluation model, Evaluation unigram) {}
