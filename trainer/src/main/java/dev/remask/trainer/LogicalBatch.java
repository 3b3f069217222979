package dev.remask.trainer;

import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How many sequences a step learns from. A ramp lets it grow linearly: the first steps gain little
 * from a better gradient, and much from being many.
 *
 * @param size B, sequences of a step at most; after the ramp that of every step
 * @param rampSteps steps of growth; 0 for none
 * @param rampStart sequences of step 1 if it grows
 */
public record LogicalBatch(int size, long rampSteps, int rampStart) {
  public static final String SIZE = "batch.size";
  public static final String RAMP_STEPS = "batch.ramp.steps";
  public static final String RAMP_START = "batch.ramp.start";

  /** Sequences of a step, or of a shuffled block, whatever the machine. */
  public static final int SEQUENCES_MAX = 1 << 20;

  private static final long RAMP_STEPS_MAX = 1_000_000_000;

  public LogicalBatch {
    Allowed.require(SIZE, size, 1, SEQUENCES_MAX);
    Allowed.require(RAMP_STEPS, rampSteps, 0, RAMP_STEPS_MAX);
    if (rampSteps > 0) {
      Allowed.require(RAMP_START, rampStart, 1, size);
    }
  }

  /** The same in every step. */
  public static LogicalBatch constant(int size) {
    return new LogicalBatch(size, 0, size);
  }

  /**
   * Sequences of a step at most. Nothing else counts, so a step that is taken again after a restart
   * has as many.
   *
   * @param step 1, 2, 3 ...; {@code rampSteps + 1} is the first of full size
   */
  public int at(long step) {
    if (step < 1) {
      throw new IllegalArgumentException("step " + step + " must be at least 1");
    }
    return step > rampSteps
        ? size
        : (int) (rampStart + (size - rampStart) * (step - 1) / rampSteps);
  }

  SortedMap<String, String> settings() {
    SortedMap<String, String> settings = new TreeMap<>();
    settings.put(SIZE, Integer.toString(size));
    settings.put(RAMP_STEPS, Long.toString(rampSteps));
    if (rampSteps > 0) {
      settings.put(RAMP_START, Integer.toString(rampStart));
    }
    return settings;
  }
}
