package dev.remask.trainer.log;

import dev.remask.trainer.TrainingSummary;

/**
 * What a trainer did.
 *
 * @param examplesVerified of the examples learned for the first time, those found equal to what
 *     segment and plan give
 * @param repeats examples that the topics held more than once; learned once
 */
public record RunSummary(TrainingSummary training, long examplesVerified, long repeats) {}
