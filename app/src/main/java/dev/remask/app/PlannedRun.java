package dev.remask.app;

import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.trainer.Plans;
import java.util.List;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigException;

/** A run as its plans say, for who only looks: nothing is made. */
record PlannedRun(String name, SortedMap<Integer, PlannedEpoch> epochs, Dataset dataset) {
  /**
   * The settings' run.
   *
   * @throws ConfigException if it has no plan
   */
  static PlannedRun find(Settings settings) {
    String name = settings.text("run.name");
    SortedMap<Integer, PlannedEpoch> epochs;
    try (PlanReader reader = new PlanReader(settings.clients(), settings.topics())) {
      reader.readToEnd();
      epochs = reader.epochs(name);
    }
    if (epochs.isEmpty()) {
      throw new ConfigException("run.name", name, "no plan of this run is known");
    }
    String dataset = epochs.values().iterator().next().plan().getDataset();
    return Datasets.find(settings.clients(), settings.topics(), dataset)
        .map(found -> new PlannedRun(name, epochs, found))
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "run " + name + " names dataset " + dataset + ", which is not declared"));
  }

  /** What the replays' order is a function of. */
  Plans plans() {
    NavigableMap<Integer, List<Long>> replays = new TreeMap<>();
    for (PlannedEpoch epoch : epochs.values()) {
      List<Long> ends = epoch.plan().getEnds();
      if (ends != null) {
        replays.put(epoch.epoch(), ends);
      }
    }
    return new Plans(
        first().getSeed(),
        dataset.getName(),
        dataset.getPartitions(),
        epochs.containsKey(0),
        replays);
  }

  /** W. */
  int window() {
    return first().getOrderWindow();
  }

  private EpochPlan first() {
    return epochs.values().iterator().next().plan();
  }
}
