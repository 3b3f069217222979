package dev.remask.app;

import dev.remask.mlm.MaskingPolicy;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.topology.MaskingPolicies;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.common.config.ConfigException;

/**
 * A run and its dataset as they are declared: what each process of the run begins with. A process
 * needs to be told no more than the run's name; what it is told besides must agree.
 *
 * @param settings with all that was declared
 */
record Run(Settings settings, Dataset dataset) {
  /**
   * A run that somebody has declared.
   *
   * @throws ConfigException if nobody has, or if a given setting differs
   */
  static Run find(Settings given) {
    String name = given.text("run.name");
    EpochPlan plan =
        declared(given)
            .orElseThrow(
                () ->
                    new ConfigException(
                        "run.name",
                        name,
                        "is no run yet; 'remask stream' or 'remask train' begins it"));
    return of(given, plan);
  }

  /** The same; if nobody has declared it, it is declared now, with its topics. */
  static Run open(Settings given) {
    return open(given, run -> {});
  }

  /**
   * @param check throws if it may not be declared: then nothing was
   */
  static Run open(Settings given, Consumer<Run> check) {
    Optional<EpochPlan> plan = declared(given);
    Run run = plan.isPresent() ? of(given, plan.get()) : undeclared(given);
    check.accept(run);
    run.ensure();
    if (plan.isEmpty()) {
      new RunPlan(run.settings()).declare(run.dataset());
    }
    return run;
  }

  private static Run undeclared(Settings given) {
    Dataset dataset = new Setup(given).dataset();
    return new Run(DatasetSettings.of(given, dataset), dataset);
  }

  static boolean isDeclared(Settings given) {
    return declared(given).isPresent();
  }

  private void ensure() {
    new Setup(settings).ensureTopics(dataset, settings.text("run.name"));
  }

  private static Run of(Settings given, EpochPlan plan) {
    Settings ofRun = given.agreeing("run '" + given.text("run.name") + "'", settings(plan));
    Dataset dataset = new Setup(ofRun).dataset();
    return new Run(DatasetSettings.of(ofRun, dataset), dataset);
  }

  private static Optional<EpochPlan> declared(Settings given) {
    new Setup(given).ensureSharedTopics();
    try (PlanReader plans = new PlanReader(given.clients(), given.topics())) {
      plans.readToEnd();
      return Optional.ofNullable(plans.epochs(given.text("run.name")).get(0))
          .map(PlannedEpoch::plan);
    }
  }

  private static SortedMap<String, String> settings(EpochPlan plan) {
    MaskingPolicy policy = MaskingPolicies.decode(plan.getPolicy());
    SortedMap<String, String> settings = new TreeMap<>();
    settings.put("dataset.name", plan.getDataset());
    settings.put("run.seed", Long.toString(plan.getSeed()));
    settings.put("order.window", Integer.toString(plan.getOrderWindow()));
    settings.put("masking.kind", policy.kind().name().toLowerCase(Locale.ROOT));
    settings.put("static.copies", Integer.toString(policy.copies()));
    settings.put("masking.selection", policy.selection().name().toLowerCase(Locale.ROOT));
    settings.put("masking.probability", Double.toString(policy.probability()));
    settings.put("masking.mask.share", Double.toString(policy.maskShare()));
    settings.put("masking.random.share", Double.toString(policy.randomShare()));
    settings.put("masking.whole-word", Boolean.toString(policy.wholeWord()));
    settings.put("masking.fairseq-compatible", Boolean.toString(policy.fairseqCompatible()));
    return settings;
  }
}
