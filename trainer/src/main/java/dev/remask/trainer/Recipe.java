package dev.remask.trainer;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How a run learns. Checked when made: a ConfigException names the key, the value and what is
 * allowed.
 *
 * @param batch sequences of each step
 * @param microBatch sequences that a worker holds at once
 * @param rate the learning rate of each step
 * @param window W, examples of a shuffled block of a replay
 * @param workers threads that learn micro-batches
 * @param checkpointSteps steps between two checkpoints
 * @param checkpointsKept newest checkpoints that stay on disk
 * @param liveShare of the steps that are taken while a replay is under way and a whole batch of
 *     live text beyond its bounds is there, the share that learns live text
 */
public record Recipe(
    LogicalBatch batch,
    int microBatch,
    LearningRate rate,
    Optimizer optimizer,
    int window,
    int workers,
    long checkpointSteps,
    int checkpointsKept,
    double liveShare) {

  public static final String MICRO_BATCH = "batch.micro.size";
  public static final String WINDOW = "order.window";
  public static final String WORKERS = "train.workers";
  public static final String CHECKPOINT_EVERY = "checkpoint.every.steps";
  public static final String CHECKPOINTS_KEPT = "checkpoint.keep";
  public static final String LIVE_SHARE = "live.share";

  public Recipe {
    Allowed.require(MICRO_BATCH, microBatch, 1, batch.size());
    Allowed.require(WINDOW, window, 1, LogicalBatch.SEQUENCES_MAX);
    Allowed.require(WORKERS, workers, 1, 1024);
    Allowed.require(CHECKPOINT_EVERY, checkpointSteps, 1, Long.MAX_VALUE);
    Allowed.require(CHECKPOINTS_KEPT, checkpointsKept, 1, 1000);
    Allowed.require(LIVE_SHARE, liveShare, 0.0, 1.0);
    rate.requireAllowed(batch.size());
  }

  /** Replays are seen through before live text beyond their bounds is learned. */
  public Recipe(
      LogicalBatch batch,
      int microBatch,
      LearningRate rate,
      Optimizer optimizer,
      int window,
      int workers,
      long checkpointSteps,
      int checkpointsKept) {
    this(batch, microBatch, rate, optimizer, window, workers, checkpointSteps, checkpointsKept, 0);
  }

  /**
   * Of the batch that the step has by plan: where an epoch is cut into equal steps, or ends, a step
   * has a few sequences less.
   *
   * @param step 1, 2, 3 ...
   */
  public double learningRate(long step) {
    return rate.at(step, batch.at(step));
  }

  /**
   * What the weights depend on, by key. Workers are left out, they are part of the numeric
   * fingerprint; so is what concerns checkpoints only, and the live share: the ledger has which
   * lane each step learned from.
   */
  public SortedMap<String, String> settings() {
    SortedMap<String, String> settings = new TreeMap<>();
    settings.putAll(batch.settings());
    settings.put(MICRO_BATCH, Integer.toString(microBatch));
    settings.putAll(rate.settings());
    settings.putAll(optimizer.settings());
    settings.put(WINDOW, Integer.toString(window));
    return Collections.unmodifiableSortedMap(settings);
  }
}
