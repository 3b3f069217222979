package dev.remask.trainer.log;

import dev.remask.trainer.TrainingSummary;

/**
 * What a trainer did.
 *
 * @param repeats examples that the topics held more than once; learned once
 */
public record RunSummary(TrainingSummary training, long repeats) {
  /** Of the examples learned, those found equal to what segment and plan give. */
  public long examplesVerified() {
    return training.verified();
  }
}
