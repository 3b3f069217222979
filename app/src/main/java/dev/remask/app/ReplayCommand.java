package dev.remask.app;

import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.topology.PackerProgress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Plans the next epochs of a run; whoever streams it masks them, whoever trains it learns them. */
@Command(
    name = "replay",
    description = "Plans further epochs of a run: all segments that are there, masked afresh.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example: remask replay --run first --epochs 3"})
final class ReplayCommand implements Callable<Integer> {
  private record Planned(int epoch, long examples) {}

  private record Replay(String run, List<Planned> epochs) {}

  @Mixin private CommonOptions options = new CommonOptions();

  @Option(names = "--run", paramLabel = "NAME", description = "The run; short for run.name.")
  private @Nullable String run;

  @Option(
      names = "--epochs",
      defaultValue = "1",
      paramLabel = "N",
      description = "How many (default: ${DEFAULT-VALUE}).")
  private int epochs = 1;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      description = "The run's seed, to make sure of it; short for run.seed.")
  private @Nullable Long seed;

  @Option(
      names = "--packed",
      paramLabel = "S",
      description = "First wait until all documents are packed, at most so many seconds.")
  private @Nullable Integer packed;

  @Override
  public Integer call() throws Exception {
    CommonOptions.requireBetween("--epochs", epochs, 1, 10_000);
    if (packed != null) {
      CommonOptions.requireBetween("--packed", packed, 1, 86_400);
    }
    options.data();
    if (run != null) {
      options.set("run.name", run);
    }
    if (seed != null) {
      options.set("run.seed", seed.toString());
    }
    Run found = Run.find(options.connected(Map.of()));
    awaitPacked(found);
    Replay replay =
        new Replay(
            found.settings().text("run.name"),
            new RunPlan(found.settings())
                .plan(found.dataset(), epochs).stream().map(ReplayCommand::planned).toList());
    if (options.json()) {
      System.out.println(Json.text(replay));
    } else {
      print(replay);
    }
    return 0;
  }

  private void awaitPacked(Run found) {
    if (packed == null) {
      return;
    }
    Settings settings = found.settings();
    try (Admin admin = Admin.create(ClientConfigs.admin(settings.clients()))) {
      Duration atMost = Duration.ofSeconds(packed);
      if (!PackerProgress.awaitPacked(admin, settings.topics(), found.dataset(), atMost)) {
        throw new IllegalStateException(
            "the documents were not packed within " + packed + " s; nothing was planned");
      }
    }
  }

  private static Planned planned(PlannedEpoch epoch) {
    return new Planned(epoch.epoch(), epoch.examples().orElseThrow());
  }

  private static void print(Replay replay) {
    List<String> lines = new ArrayList<>();
    for (Planned epoch : replay.epochs()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "run %s: epoch %d planned, %,d examples",
              replay.run(),
              epoch.epoch(),
              epoch.examples()));
    }
    lines.forEach(System.out::println);
  }
}
