package dev.remask.app;

import dev.remask.schemas.Dataset;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.topology.MaskingPolicies;
import dev.remask.topology.Planner;
import dev.remask.trainer.Checkpoint;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.Position;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.apache.kafka.common.config.ConfigException;

/** The epochs of the settings' run: declared, planned, learned. */
final class RunPlan {
  private final Settings settings;
  private final String run;

  RunPlan(Settings settings) {
    this.settings = settings;
    this.run = settings.text("run.name");
  }

  /**
   * Makes the run exist: its live lane is epoch 0.
   *
   * @throws ConfigException if it exists with another dataset, seed, policy or window
   */
  void declare(Dataset dataset) {
    EpochPlan unused =
        Planner.declare(
            settings.clients(),
            settings.topics(),
            run,
            dataset.getName(),
            settings.whole("run.seed"),
            MaskingPolicies.encode(settings.masking()),
            settings.integer("order.window"),
            Clock.systemUTC().instant());
  }

  /** Plans the epochs after the last one up to {@code lastEpoch}, bounded by what is packed now. */
  void planUpTo(Dataset dataset, int lastEpoch) {
    int missing = lastEpoch - last().epoch();
    if (missing > 0) {
      plan(dataset, missing);
    }
  }

  /** Plans the next epochs, bounded by what is packed now; all or none. */
  List<PlannedEpoch> plan(Dataset dataset, int epochs) {
    try (Planner planner = new Planner(settings.clients(), settings.topics(), run)) {
      return planner.plan(
          dataset, epochs, settings.integer("order.window"), Clock.systemUTC().instant());
    }
  }

  /** By epoch; never empty once the run is declared. */
  SortedMap<Integer, PlannedEpoch> epochs() {
    try (PlanReader plans = new PlanReader(settings.clients(), settings.topics())) {
      plans.readToEnd();
      return plans.epochs(run);
    }
  }

  /** Up to which epoch to learn: planned ones that are not learned yet, else so many more. */
  int lastEpoch(Path checkpoints, int more) throws IOException {
    PlannedEpoch last = last();
    Optional<Position> position = Checkpoints.newest(checkpoints).map(Checkpoint::position);
    boolean learned = last.epoch() == 0 || position.map(p -> isLearned(p, last)).orElse(false);
    return learned ? last.epoch() + more : last.epoch();
  }

  private PlannedEpoch last() {
    return epochs().values().stream()
        .reduce((earlier, later) -> later)
        .orElseThrow(() -> new IllegalStateException("run " + run + " was never declared"));
  }

  private static boolean isLearned(Position position, PlannedEpoch last) {
    return position.epoch() > last.epoch()
        || (position.epoch() == last.epoch() && position.index() >= last.examples().orElse(0));
  }
}
