package dev.remask.app;

import dev.remask.app.Console.Style;
import dev.remask.schemas.Dataset;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.HeldOutScore;
import dev.remask.trainer.StepListener;
import dev.remask.trainer.TrainingSummary;
import dev.remask.trainer.Until;
import dev.remask.trainer.log.RunSummary;
import dev.remask.trainer.log.TrainingRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The trainer of a run. */
@Command(
    name = "train",
    description = {
      "Trains a run's model: the live lane as it comes, and every epoch that is planned.",
      "Started again after whatever end, it goes on from its checkpoint and the ledger."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Example: remask train --set dataset.name=news --set run.name=first"})
final class TrainCommand implements Callable<Integer> {
  private record Trained(
      String run,
      long step,
      int epoch,
      long steps,
      long redone,
      long examples,
      long examplesVerified,
      long tokens,
      double loss,
      double learningRate,
      double gradientNorm,
      double tokensPerSecond,
      double blasShare,
      double replayWaitingShare,
      String checkpoint,
      double seconds) {}

  @Mixin private CommonOptions options = new CommonOptions();

  @Option(
      names = "--until-epoch",
      paramLabel = "E",
      description = "End when this replay is learned (default: go on for ever).")
  private @Nullable Integer untilEpoch;

  @Option(
      names = "--until-step",
      paramLabel = "N",
      description = "End after this step (default: go on for ever).")
  private @Nullable Long untilStep;

  @Option(
      names = "--init",
      paramLabel = "DIR",
      description =
          "Begin with the model in this folder, in roberta-base's form; once the first checkpoint is written, starts need not name it.")
  private @Nullable Path init;

  @Option(
      names = "--redo",
      description = {
        "Learn all steps of the ledger again, from the weights before the first, and go on; the",
        "checkpoints that are there are set aside. For when checkpoints or ledger were lost."
      })
  private boolean redo;

  @Override
  public Integer call() throws Exception {
    Until until = until();
    DataFolder data = options.data();
    Settings told = options.settingsOfRunning(Map.of());
    Optional<InitialModel> initial = InitialModel.of(init, data.checkpoints(told.text("run.name")));
    if (redo && initial.filter(model -> model.folder().isEmpty()).isPresent()) {
      throw new ConfigException(
          InitialModel.OPTION + ": --redo begins with the model that the run began with; name it");
    }
    Settings given = initial.map(model -> model.settings(told)).orElse(told);
    Console console = options.console();
    try (Stopping stopping = Stopping.onSignal();
        Monitoring monitoring = Monitoring.open(given)) {
      monitoring.url().ifPresent(url -> console.part("http", url + "/healthz, /readyz, /metrics"));
      Connection connection =
          new Connection(
              given, given.outageMax(), line -> console.part("outage", line), stopping::asked);
      Optional<Run> run =
          connection.await()
              ? connection.answer(() -> open(given, data, initial))
              : Optional.empty();
      if (run.isPresent()) {
        train(run.get(), initial, until, data, console, stopping, monitoring);
      }
    }
    return 0;
  }

  /**
   * A run that was deleted is not begun again by whoever still trains it.
   *
   * @throws ConfigException if there are checkpoints of a run that is not declared
   */
  private static Run open(Settings given, DataFolder data, Optional<InitialModel> initial) {
    String name = given.text("run.name");
    Path checkpoints = data.checkpoints(name);
    try {
      if (Checkpoints.newest(checkpoints).isPresent() && !Run.isDeclared(given)) {
        throw new ConfigException(
            "run.name",
            name,
            "is no run, but has checkpoints in "
                + checkpoints
                + ": it was deleted; delete that folder, or choose another name");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Run.open(
        given,
        run -> {
          new Trainers(run.settings(), initial).check(run.dataset());
          initial.ifPresent(model -> mark(model, checkpoints));
        });
  }

  private static void mark(InitialModel model, Path checkpoints) {
    try {
      model.mark(checkpoints);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Until until() {
    if (untilEpoch != null) {
      CommonOptions.requireBetween("--until-epoch", untilEpoch, 1, Integer.MAX_VALUE);
    }
    if (untilStep != null && untilStep < 1) {
      throw new ConfigException("--until-step", untilStep, "must be at least 1");
    }
    return new Until(
        untilEpoch == null ? Until.STOPPED.epoch() : untilEpoch,
        untilStep == null ? Until.STOPPED.step() : untilStep);
  }

  private void train(
      Run run,
      Optional<InitialModel> initial,
      Until until,
      DataFolder data,
      Console console,
      Stopping stopping,
      Monitoring monitoring)
      throws Exception {
    Settings settings = run.settings();
    Dataset dataset = run.dataset();
    Path checkpoints = data.checkpoints(settings.text("run.name"));
    LearningCurve curve = new LearningCurve();
    TrainHealth health =
        new TrainHealth(
            System::nanoTime,
            new TrainMeters(monitoring.registry(), System::nanoTime, listener(curve, console)));
    monitoring.watch(health);
    FileLock lock = DataFolder.lock("the checkpoints' folder", checkpoints);
    try {
      TrainingRun training = new Trainers(settings, initial).run(dataset, checkpoints, health);
      training.requireSameConfiguration();
      initial
          .filter(model -> model.folder().isPresent())
          .ifPresent(model -> console.part("init", model.whose() + ", SHA-256 " + model.sha256()));
      console.part("train", "run " + settings.text("run.name") + ", checkpoints in " + checkpoints);
      RunSummary summary =
          learn(
              ended -> {
                BooleanSupplier stop =
                    health.running(() -> ended.getAsBoolean() || stopping.asked());
                return redo ? training.redo(until, stop) : training.train(until, stop);
              },
              curve,
              console);
      report(settings, summary, curve, console, checkpoints);
    } catch (Exception e) {
      health.failed(e);
      throw e;
    } finally {
      lock.acquiredBy().close();
    }
  }

  private static RunSummary learn(
      Background.Work<RunSummary> work, LearningCurve curve, Console console) throws Exception {
    try (Background<RunSummary> learning = new Background<>("remask-train", work)) {
      learning.start();
      while (!learning.finished()) {
        if (curve.steps() > 0) {
          String place = curve.epoch() == 0 ? "live lane" : "epoch " + curve.epoch();
          console.progress("train", ProgressLine.of(curve, place, console));
        }
      }
      return learning.result();
    }
  }

  private static StepListener listener(LearningCurve curve, Console console) {
    return new StepListener() {
      private int epoch = -1;

      @Override
      public void learned(StepReport step) {
        curve.learned(step);
        if (step.epoch() != epoch) {
          epoch = step.epoch();
          console.part(
              "train",
              (epoch == 0 ? "live lane" : "epoch " + epoch)
                  + String.format(Locale.ROOT, ", from step %,d on", step.step())
                  + (step.redone() ? ", redone from the ledger" : ""));
        }
      }

      @Override
      public void evaluated(long step, HeldOutScore score) {
        List<String> lines = HeldOutFigures.of(score.record()).lines();
        console.part("held out", String.format(Locale.ROOT, "step %,d: %s", step, lines.get(0)));
        lines.stream().skip(1).forEach(line -> console.part("", line));
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

  private void report(
      Settings settings, RunSummary summary, LearningCurve curve, Console console, Path checkpoints)
      throws IOException {
    TrainingSummary training = summary.training();
    String checkpoint =
        Checkpoints.newest(checkpoints).map(c -> c.folder().toString()).orElse("none");
    console.part(
        "train",
        String.format(
            Locale.ROOT,
            "ended at step %,d, epoch %d: %,d steps learned, %,d redone, %,d examples, %,d of them verified%s; checkpoint %s",
            training.position().step(),
            training.position().epoch(),
            training.steps(),
            training.redone(),
            training.examples(),
            summary.examplesVerified(),
            Double.isNaN(curve.replayWaiting())
                ? ""
                : String.format(
                    Locale.ROOT,
                    "; waited for them %.1f %% of the replays' time",
                    100 * curve.replayWaiting()),
            checkpoint));
    if (options.json()) {
      System.out.println(
          Json.text(
              new Trained(
                  settings.text("run.name"),
                  training.position().step(),
                  training.position().epoch(),
                  training.steps(),
                  training.redone(),
                  training.examples(),
                  summary.examplesVerified(),
                  training.tokens(),
                  curve.recentLoss(),
                  curve.learningRate(),
                  curve.gradientNorm(),
                  curve.tokensPerSecond(),
                  curve.blasShare(),
                  curve.replayWaiting(),
                  checkpoint,
                  console.seconds())));
    }
  }
}
