package dev.remask.app;

import dev.remask.app.Console.Style;
import dev.remask.trainer.Checkpoint;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.LogicalBatch;
import dev.remask.trainer.StepDiffers;
import dev.remask.trainer.StepListener;
import dev.remask.trainer.log.LedgerReader;
import dev.remask.trainer.log.TrainingRun;
import dev.remask.trainer.log.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Learns what the ledger says was learned, and compares. */
@Command(
    name = "verify",
    description = {
      "Learns steps again and compares each with the ledger.",
      "Examples, loss, gradient norm, and the weights' hash where there is one, bit for bit. Begins with the newest checkpoint before --from, else with the weights before step 1. Writes nothing; a trainer of the run may go on meanwhile. The first step that differs is named, with exit code 1."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Example: remask ledger verify --run first --from 1000"})
final class LedgerVerifyCommand implements Callable<Integer> {
  private record Difference(long step, String what, String was, String is) {
    static Difference of(StepDiffers found) {
      return new Difference(found.step(), found.what(), found.was(), found.is());
    }
  }

  /** What {@code --json} prints; {@code difference} is null if there is none. */
  private record Verified(
      String run,
      long first,
      long last,
      long same,
      long withinTolerance,
      long weightsHashes,
      @Nullable Difference difference,
      double seconds) {}

  private static final int TRIES = 5;

  @Mixin private CommonOptions options = new CommonOptions();
  @Mixin private RunOption run = new RunOption();

  @Option(
      names = "--from",
      paramLabel = "S",
      defaultValue = "1",
      description = "From this step on (default: ${DEFAULT-VALUE}).")
  private long from = 1;

  @Option(names = "--to", paramLabel = "S", description = "Up to this step (default: the last).")
  private @Nullable Long to;

  @Option(
      names = "--init",
      paramLabel = "DIR",
      description = "The model that the run began with, if it began with one.")
  private @Nullable Path init;

  private volatile double firstStepAt;

  @Override
  public Integer call() throws Exception {
    DataFolder data = options.data();
    run.tell(options);
    Settings told = options.connected(Map.of());
    Path checkpoints = data.checkpoints(told.text("run.name"));
    PlannedRun unused = PlannedRun.find(told); // Whoever only looks makes no topics.
    Settings trained = asTrained(told, checkpoints);
    Optional<InitialModel> initial = InitialModel.of(init, checkpoints);
    Settings given = initial.map(model -> model.settings(trained)).orElse(trained);
    Run found = Run.find(given);
    String name = found.settings().text("run.name");
    long end = LedgerReader.last(given.clients(), given.topics(), name);
    long last = to == null ? end : to;
    if (last > end || last < 1) {
      throw new ConfigException("--to", last, "the ledger of run " + name + " ends at step " + end);
    }
    if (from < 1 || from > last) {
      throw new ConfigException("--from", from, "must be from 1 to " + last);
    }
    Console console = options.console();
    LearningCurve curve = new LearningCurve();
    TrainingRun training =
        new Trainers(found.settings(), initial)
            .run(found.dataset(), checkpoints, listener(curve, console));
    try (Stopping stopping = Stopping.onSignal();
        Background<Verification> work =
            new Background<>(
                "remask-verify",
                ended ->
                    verify(
                        training,
                        checkpoints,
                        initial,
                        last,
                        console,
                        () -> ended.getAsBoolean() || stopping.asked()))) {
      work.start();
      while (!work.finished()) {
        if (curve.steps() > 1) {
          console.progress("verify", progress(curve, last, console));
        }
      }
      return report(name, work.result(), last, console);
    }
  }

  /** What the newest checkpoint was trained with need not be said again. */
  private static Settings asTrained(Settings told, Path checkpoints) throws IOException {
    Optional<Checkpoint> newest = Checkpoints.newest(checkpoints);
    if (newest.isEmpty()) {
      return told;
    }
    SortedMap<String, String> trained = new TreeMap<>(newest.get().configuration());
    trained.keySet().retainAll(SettingDefinitions.ALL.names());
    if (BatchSize.parse(told.text(LogicalBatch.SIZE)).inTokens()) {
      trained.remove(LogicalBatch.SIZE); // Kept in sequences; compared when the dataset is known.
    }
    return told.agreeing(
        value -> newest.get().folder() + " was trained with " + value + "; leave it out", trained);
  }

  /** A trainer may delete the checkpoint that this is about to read: then there is a newer one. */
  private Verification verify(
      TrainingRun training,
      Path checkpoints,
      Optional<InitialModel> initial,
      long last,
      Console console,
      BooleanSupplier stop)
      throws IOException, InterruptedException {
    while (true) {
      Optional<Checkpoint> start = newest(checkpoints, from - 1);
      if (start.isEmpty() && initial.filter(model -> model.folder().isEmpty()).isPresent()) {
        throw new ConfigException(
            InitialModel.OPTION
                + ": no checkpoint before step "
                + from
                + " is left; name the model that the run began with");
      }
      console.part(
          "verify",
          String.format(
              Locale.ROOT,
              "steps %,d to %,d, beginning with %s",
              start.map(checkpoint -> checkpoint.position().step()).orElse(0L) + 1,
              last,
              start
                  .map(checkpoint -> checkpoint.folder().toString())
                  .orElse(
                      "the weights before the first step"
                          + (from > 1 ? ", as no checkpoint before " + from + " is left" : ""))));
      try {
        return training.verify(start, last, stop);
      } catch (IOException e) {
        if (start.isEmpty() || Files.exists(start.get().folder())) {
          throw e;
        }
      }
    }
  }

  /** Also while the files of one go that a trainer has no more use for. */
  private static Optional<Checkpoint> newest(Path checkpoints, long step) throws IOException {
    for (int tries = 1; true; tries++) {
      try {
        return Checkpoints.newest(checkpoints, step);
      } catch (NoSuchFileException e) {
        if (tries == TRIES) {
          throw e;
        }
      }
    }
  }

  private StepListener listener(LearningCurve curve, Console console) {
    return new StepListener() {
      @Override
      public void learned(StepReport step) {
        firstStepAt = curve.steps() == 0 ? console.seconds() : firstStepAt;
        curve.learned(step);
      }

      @Override
      public void notice(String line) {
        console.part("outage", line);
      }

      @Override
      public void warning(String line) {
        console.part("warning", console.in(Style.YELLOW, line));
      }
    };
  }

  private String progress(LearningCurve curve, long last, Console console) {
    double seconds = (console.seconds() - firstStepAt) / (curve.steps() - 1);
    return String.format(
        Locale.ROOT,
        "step %,d of %,d the same · %,.0f tokens/s · %,.0f s left",
        curve.lastStep(),
        last,
        curve.tokensPerSecond(),
        seconds * (last - curve.lastStep()));
  }

  private static String near(Verification found) {
    return found.near() > 0
        ? String.format(Locale.ROOT, ", %,d of them within the tolerance", found.near())
        : "";
  }

  private int report(String name, Verification found, long last, Console console) {
    Optional<StepDiffers> difference = found.difference();
    long reached = found.first() + found.same() - 1;
    print(found, reached < last, console);
    if (options.json()) {
      System.out.println(
          Json.text(
              new Verified(
                  name,
                  found.first(),
                  difference.isPresent() ? difference.get().step() : reached,
                  found.same(),
                  found.near(),
                  found.hashes(),
                  difference.map(Difference::of).orElse(null),
                  console.seconds())));
    }
    return difference.isPresent() || reached < last ? Main.FAILED : 0;
  }

  private static void print(Verification found, boolean stopped, Console console) {
    Optional<StepDiffers> difference = found.difference();
    if (difference.isPresent()) {
      StepDiffers differs = difference.get();
      console.part(
          "differs",
          String.format(
              Locale.ROOT,
              "step %,d: %s is %s, the ledger has %s; the %,d steps before are the same%s",
              differs.step(),
              differs.what(),
              differs.is(),
              differs.was(),
              found.same(),
              near(found)));
    } else if (found.same() == 0) {
      console.part("stopped", "before a step was compared");
    } else {
      console.part(
          stopped ? "stopped" : "verified",
          String.format(
              Locale.ROOT,
              "%,d steps are the same%s%s",
              found.same(),
              found.near() > 0 ? near(found) : ", bit for bit",
              found.hashes() > 0
                  ? String.format(
                      Locale.ROOT, "; the weights' SHA-256 is, after each of %,d", found.hashes())
                  : ""));
    }
  }
}
