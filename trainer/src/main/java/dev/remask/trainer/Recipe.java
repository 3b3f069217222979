package dev.remask.trainer;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigException;

/**
 * How a run learns. Checked when made: a ConfigException names the key, the value and what is
 * allowed.
 *
 * @param logicalBatch B, sequences of a step at most
 * @param microBatch sequences that a worker holds at once
 * @param learningRate the peak, reached at the end of the warm-up
 * @param warmUpSteps steps of linear growth from zero
 * @param totalSteps the step at which the decay ends
 * @param floorShare share of the peak at which the decay ends and stays, so that later epochs still
 *     learn
 * @param clipNorm gradient norm above which a gradient is scaled down; 0 switches clipping off
 * @param weightDecay per unit of learning rate
 * @param beta1 decay of the first moment, per step
 * @param beta2 decay of the second moment, per step
 * @param window W, examples of a shuffled block of a replay
 * @param workers threads that learn micro-batches
 * @param checkpointSteps steps between two checkpoints
 * @param checkpointsKept newest checkpoints that stay on disk
 */
public record Recipe(
    int logicalBatch,
    int microBatch,
    double learningRate,
    long warmUpSteps,
    long totalSteps,
    double floorShare,
    double clipNorm,
    double weightDecay,
    double beta1,
    double beta2,
    int window,
    int workers,
    long checkpointSteps,
    int checkpointsKept) {

  public static final String LOGICAL_BATCH = "batch.size";
  public static final String MICRO_BATCH = "batch.micro.size";
  public static final String LEARNING_RATE = "learning.rate";
  public static final String WARM_UP = "warmup.steps";
  public static final String TOTAL = "total.steps";
  public static final String FLOOR = "learning.rate.floor";
  public static final String CLIP = "clip.norm";
  public static final String DECAY = "weight.decay";
  public static final String BETA1 = "adam.beta1";
  public static final String BETA2 = "adam.beta2";
  public static final String WINDOW = "order.window";
  public static final String WORKERS = "train.workers";
  public static final String CHECKPOINT_EVERY = "checkpoint.every.steps";
  public static final String CHECKPOINTS_KEPT = "checkpoint.keep";

  private static final int SEQUENCES_MAX = 1 << 20;

  public Recipe {
    require(LOGICAL_BATCH, logicalBatch, 1, SEQUENCES_MAX);
    require(MICRO_BATCH, microBatch, 1, logicalBatch);
    require(LEARNING_RATE, learningRate, Double.MIN_VALUE, 1);
    require(TOTAL, totalSteps, 1, Long.MAX_VALUE);
    require(WARM_UP, warmUpSteps, 0, totalSteps);
    require(FLOOR, floorShare, 0, 1);
    require(CLIP, clipNorm, 0, Double.MAX_VALUE);
    require(DECAY, weightDecay, 0, 1);
    require(BETA1, beta1, 0, Math.nextDown(1.0));
    require(BETA2, beta2, 0, Math.nextDown(1.0));
    require(WINDOW, window, 1, SEQUENCES_MAX);
    require(WORKERS, workers, 1, 1024);
    require(CHECKPOINT_EVERY, checkpointSteps, 1, Long.MAX_VALUE);
    require(CHECKPOINTS_KEPT, checkpointsKept, 1, 1000);
  }

  /**
   * Linear warm-up, then linear decay to the floor (fairseq's polynomial decay of power 1).
   *
   * @param step 1, 2, 3 ...
   */
  public double learningRate(long step) {
    if (step < 1) {
      throw new IllegalArgumentException("step " + step + " must be at least 1");
    }
    if (step <= warmUpSteps) {
      return learningRate * step / warmUpSteps;
    }
    double floor = learningRate * floorShare;
    if (step >= totalSteps) {
      return floor;
    }
    double decayed = (double) (step - warmUpSteps) / (totalSteps - warmUpSteps);
    return (learningRate - floor) * (1 - decayed) + floor;
  }

  /**
   * What the weights depend on, by key. Workers are left out, they are part of the numeric
   * fingerprint; so is what concerns checkpoints only.
   */
  public SortedMap<String, String> settings() {
    SortedMap<String, String> settings = new TreeMap<>();
    settings.put(LOGICAL_BATCH, Integer.toString(logicalBatch));
    settings.put(MICRO_BATCH, Integer.toString(microBatch));
    settings.put(LEARNING_RATE, Double.toString(learningRate));
    settings.put(WARM_UP, Long.toString(warmUpSteps));
    settings.put(TOTAL, Long.toString(totalSteps));
    settings.put(FLOOR, Double.toString(floorShare));
    settings.put(CLIP, Double.toString(clipNorm));
    settings.put(DECAY, Double.toString(weightDecay));
    settings.put(BETA1, Double.toString(beta1));
    settings.put(BETA2, Double.toString(beta2));
    settings.put(WINDOW, Integer.toString(window));
    return Collections.unmodifiableSortedMap(settings);
  }

  private static void require(String key, long value, long least, long most) {
    if (value < least || value > most) {
      throw new ConfigException(key, value, "must be from " + least + " to " + most);
    }
  }

  private static void require(String key, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new ConfigException(key, value, "must be from " + least + " to " + most);
    }
  }
}
