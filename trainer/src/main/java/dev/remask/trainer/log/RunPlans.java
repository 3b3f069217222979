package dev.remask.trainer.log;

import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.trainer.Plans;
import dev.remask.trainer.Recipe;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.config.ConfigException;

/** The plans of one run, read again now and then. {@link #plan} may be called by any thread. */
final class RunPlans {
  private static final long REFRESH_NS = 500_000_000;

  private final Supplier<SortedMap<Integer, PlannedEpoch>> reader;
  private final String run;
  private final String dataset;
  private final int partitions;
  private final int window;
  private final LongSupplier nanoTime;
  private boolean begun;
  private volatile SortedMap<Integer, PlannedEpoch> epochs = Collections.emptySortedMap();
  private Plans plans;
  private long readNs;

  /**
   * ConfigException if the run has no plan, or if its plans are of another dataset or window.
   *
   * @param reader gives what is planned at the moment, by epoch; {@link Stopped} leaves it at what
   *     was known, but for the first time
   * @param window W, as the recipe has it
   */
  RunPlans(
      Supplier<SortedMap<Integer, PlannedEpoch>> reader,
      String run,
      String dataset,
      int partitions,
      int window,
      LongSupplier nanoTime) {
    this.reader = reader;
    this.run = run;
    this.dataset = dataset;
    this.partitions = partitions;
    this.window = window;
    this.nanoTime = nanoTime;
    this.plans = read();
  }

  /** As of at most half a second ago. IllegalStateException if the run has been deleted. */
  Plans now() {
    if (nanoTime.getAsLong() - readNs > REFRESH_NS) {
      try {
        plans = read();
      } catch (Stopped e) {
        readNs = nanoTime.getAsLong();
      }
    }
    return plans;
  }

  /** As of the last call of {@link #now}: asks nobody. */
  Plans known() {
    return plans;
  }

  /** The plan of an epoch; IllegalStateException if it has none. */
  EpochPlan plan(int epoch) {
    PlannedEpoch planned = epochs.get(epoch);
    if (planned == null) {
      throw new IllegalStateException("run " + run + " has no plan of epoch " + epoch);
    }
    return planned.plan();
  }

  /** The plan that was made first; seed, dataset and window are the same in all. */
  EpochPlan first() {
    return plan(epochs.firstKey());
  }

  private Plans read() {
    SortedMap<Integer, PlannedEpoch> read = new TreeMap<>(reader.get());
    readNs = nanoTime.getAsLong();
    if (read.isEmpty() && begun) {
      throw new IllegalStateException("run " + run + " was deleted");
    }
    if (read.isEmpty()) {
      throw new ConfigException("run.name", run, "must be a run that has a plan");
    }
    epochs = read;
    begun = true;
    long seed = first().getSeed();
    NavigableMap<Integer, List<Long>> replays = new TreeMap<>();
    for (PlannedEpoch planned : epochs.values()) {
      EpochPlan plan = planned.plan();
      if (!plan.getDataset().equals(dataset)) {
        throw new ConfigException(
            "dataset.name", dataset, "run %s learns dataset %s".formatted(run, plan.getDataset()));
      }
      if (plan.getOrderWindow() != window) {
        throw new ConfigException(
            Recipe.WINDOW,
            window,
            "must be %d, with which run %s was planned".formatted(plan.getOrderWindow(), run));
      }
      if (plan.getSeed() != seed || (plan.getEnds() == null) != (planned.epoch() == 0)) {
        throw new IllegalStateException("impossible plan of run %s: %s".formatted(run, planned));
      }
      if (plan.getEnds() != null) {
        replays.put(planned.epoch(), List.copyOf(plan.getEnds()));
      }
    }
    return new Plans(seed, dataset, partitions, epochs.containsKey(0), replays);
  }
}
