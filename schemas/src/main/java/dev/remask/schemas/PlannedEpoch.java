package dev.remask.schemas;

/**
 * An epoch as the plans topic tells it.
 *
 * @param plan the first plan of this run and epoch
 * @param done whether all its examples are in the log
 */
public record PlannedEpoch(String run, int epoch, EpochPlan plan, boolean done) {}
