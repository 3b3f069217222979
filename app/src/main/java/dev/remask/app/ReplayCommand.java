package dev.remask.app;

import dev.remask.mlm.ReplayOrder;
import dev.remask.mlm.ShuffleQuality;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.LogReader;
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
  private static final double PER_CENT = 100;

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

  @Option(
      names = "--explain",
      description = "Plan nothing; say how well the next two epochs would be shuffled.")
  private boolean explain;

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
    Settings connected = options.connected(Map.of());
    if (explain) {
      PlannedRun unused = PlannedRun.find(connected); // Whoever only looks makes no topics.
    }
    Run found = Run.find(connected);
    awaitPacked(found);
    if (explain) {
      explain(found);
      return 0;
    }
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

  private void explain(Run found) {
    Settings settings = found.settings();
    Dataset dataset = found.dataset();
    long[] ends =
        LogReader.endSequences(
            settings.clients(),
            settings.topics().segments(dataset.getName(), dataset.getPartitions()));
    int next = new RunPlan(settings).epochs().lastKey() + 1;
    ShuffleQuality quality =
        ShuffleQuality.of(
            order(settings, ends, next),
            order(settings, ends, next + 1),
            settings.batchSequences());
    if (options.json()) {
      System.out.println(Json.text(quality));
    } else {
      shuffle(settings, next, quality).forEach(System.out::println);
    }
  }

  private static ReplayOrder order(Settings settings, long[] ends, int epoch) {
    return new ReplayOrder(
        settings.whole("run.seed"),
        settings.text("dataset.name"),
        epoch,
        ends,
        settings.integer("order.window"));
  }

  private static List<String> shuffle(Settings settings, int next, ShuffleQuality quality) {
    return List.of(
        String.format(
            Locale.ROOT,
            "run %s: epochs %d and %d would have %,d segments, in blocks of %,d (order.window)",
            settings.text("run.name"),
            next,
            next + 1,
            quality.segments(),
            settings.integer("order.window")),
        String.format(
            Locale.ROOT,
            "  a segment moves %,.0f places on average (a full shuffle: %,.0f)",
            quality.displacement(),
            quality.fullDisplacement()),
        String.format(
            Locale.ROOT,
            "  the order of one correlates with that of the other by %.4f (a full shuffle: 0)",
            quality.correlation()),
        String.format(
            Locale.ROOT,
            "  of two segments of one batch, %.2f %% share a batch again (a full shuffle: %.2f %%); %,d a batch (batch.size)",
            PER_CENT * quality.together(),
            PER_CENT * quality.fullTogether(),
            settings.batchSequences()));
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
