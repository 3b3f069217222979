package dev.remask.trainer.log;

import dev.remask.schemas.Dataset;
import dev.remask.schemas.HeldOutEvaluation;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.Checkpoint;
import dev.remask.trainer.CheckpointStore;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.Evaluator;
import dev.remask.trainer.Learner;
import dev.remask.trainer.Ledger;
import dev.remask.trainer.Position;
import dev.remask.trainer.StepDiffers;
import dev.remask.trainer.StepListener;
import dev.remask.trainer.TokenizerFiles;
import dev.remask.trainer.TrainingLoop;
import dev.remask.trainer.TrainingSummary;
import dev.remask.trainer.Until;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.apache.kafka.common.config.ConfigException;

/** The trainer of a run, put together: logs, ledger, checkpoints, loop. */
public final class TrainingRun {
  private final RunSettings settings;
  private final Supplier<Learner> learners;
  private final StepListener listener;

  /**
   * @param learners makes the learner of the run's model before its first step, the same each time
   */
  public TrainingRun(RunSettings settings, Supplier<Learner> learners, StepListener listener) {
    this.settings = settings;
    this.learners = learners;
    this.listener = listener;
  }

  /**
   * Learns from the newest sound checkpoint on, after redoing what the ledger holds beyond it. One
   * trainer of a run at a time: a second one ends the first. ConfigException, before anything is
   * touched, if a setting differs from the checkpoint's, or if checkpoint and ledger disagree: the
   * ledger has steps and there is no checkpoint, or it ends before the checkpoint.
   *
   * <p>Bears with a broker or a registry that is away, as long as the settings say; then ends with
   * a TimeoutException or IllegalStateException that says so. IllegalStateException also if another
   * trainer has taken over or the run was deleted.
   *
   * @param stop asked inside of steps, between them and while waiting, by several threads; a
   *     checkpoint is made at the end, if the ledger can be written then
   */
  public RunSummary train(Until until, BooleanSupplier stop)
      throws IOException, InterruptedException {
    return train(false, until, stop);
  }

  /**
   * The same, but the checkpoints that are there are set aside, and the whole ledger is redone from
   * the weights before the first step.
   */
  public RunSummary redo(Until until, BooleanSupplier stop)
      throws IOException, InterruptedException {
    return train(true, until, stop);
  }

  private RunSummary train(boolean redo, Until until, BooleanSupplier stop)
      throws IOException, InterruptedException {
    Optional<Checkpoint> newest = Checkpoints.newest(settings.checkpoints());
    try {
      return train(clients(stop), newest, redo, until, stop);
    } catch (Stopped e) { // before anything was learned
      return new RunSummary(TrainingSummary.nothing(position(newest)), 0);
    }
  }

  private RunSummary train(
      RunClients clients,
      Optional<Checkpoint> newest,
      boolean redo,
      Until until,
      BooleanSupplier stop)
      throws IOException, InterruptedException {
    try (PlanReader reader = clients.planReader()) {
      RunPlans plans = clients.plans(reader);
      SortedMap<String, String> configuration = configuration(plans);
      newest.ifPresent(checkpoint -> checkpoint.requireConfiguration(configuration));
      clients.ensureTopics();
      Optional<Checkpoint> start = redo ? nothingKept() : newest;
      if (!redo) {
        requireAgreement(
            start,
            settings.checkpoints(),
            settings.topics().ledger(settings.run()).name(),
            clients.lastRecorded(position(start).step()));
      }
      Checkpoints checkpoints =
          new Checkpoints(
              settings.checkpoints(),
              settings.recipe().checkpointsKept(),
              configuration,
              TokenizerFiles.of(bytes(settings.dataset().getTokenizer()), settings.positions()));
      Position purged = position(Checkpoints.newestSetAside(settings.checkpoints()));
      try (RunFeed feed = clients.feed(plans, purged);
          Ledger ledger = clients.ledger(feed, this::remember);
          Purge purge = clients.purge()) {
        CheckpointStore store =
            (position, learner) -> {
              checkpoints.save(position, learner);
              purge.before(feed.learned(position));
            };
        Evaluator evaluator =
            new HeldOutWatch(
                settings.evaluateEverySteps(),
                clients.heldOut(plans, settings.heldOutSegmentsMax()));
        TrainingSummary summary = run(start, feed, ledger, store, evaluator, until, stop);
        return new RunSummary(summary, feed.repeats());
      }
    }
  }

  /**
   * Whether {@link #train} would go on from the newest sound checkpoint; touches nothing.
   *
   * @throws org.apache.kafka.common.config.ConfigException naming the first setting that differs
   */
  public void requireSameConfiguration() throws IOException {
    RunClients clients = clients(() -> false);
    try (PlanReader reader = clients.planReader()) {
      SortedMap<String, String> configuration = configuration(clients.plans(reader));
      Checkpoints.newest(settings.checkpoints())
          .ifPresent(checkpoint -> checkpoint.requireConfiguration(configuration));
    }
  }

  /** Weights and history must not disagree (invariant 9). */
  static void requireAgreement(
      Optional<Checkpoint> start, Path checkpoints, String ledger, long recorded) {
    if (start.isEmpty() && recorded > 0) {
      throw new ConfigException(
          "%s holds %,d steps, but there is no sound checkpoint in %s: name the folder that has them, or learn all steps again with 'train --redo'"
              .formatted(ledger, recorded, checkpoints));
    }
    start
        .filter(checkpoint -> checkpoint.position().step() > recorded)
        .ifPresent(
            checkpoint -> {
              throw new ConfigException(
                  "%s is at step %,d, but %s ends at step %,d: bring the ledger back, or begin again with what it holds by 'train --redo'"
                      .formatted(
                          checkpoint.folder(), checkpoint.position().step(), ledger, recorded));
            });
  }

  private Optional<Checkpoint> nothingKept() throws IOException {
    Checkpoints.setAside(settings.checkpoints())
        .ifPresent(
            aside ->
                listener.warning(
                    "the checkpoints that were there are in %s; moved back, they are as they were"
                        .formatted(aside)));
    return Optional.empty();
  }

  /**
   * Learns the ledger's steps after {@code start} again, up to {@code last}, and compares each;
   * writes nothing, and does not disturb a trainer of the run.
   *
   * @param start whose weights it begins with, else those before the first step
   * @param last at most the ledger's last step
   */
  public Verification verify(Optional<Checkpoint> start, long last, BooleanSupplier stop)
      throws IOException, InterruptedException {
    RunClients clients = clients(stop);
    long first = position(start).step() + 1;
    try (PlanReader reader = clients.planReader()) {
      RunPlans plans = clients.plans(reader);
      SortedMap<String, String> configuration = configuration(plans);
      start.ifPresent(checkpoint -> checkpoint.requireConfiguration(configuration));
      CheckpointStore nothing = (position, learner) -> {};
      try (RunFeed feed = clients.feed(plans, position(Optional.empty()))) {
        LongFunction<List<TrainingStep>> recorded = clients.recorded();
        Ledger kept = new KeptLedger(after -> upTo(last, recorded.apply(after)));
        TrainingSummary done = run(start, feed, kept, nothing, Evaluator.NONE, Until.step(0), stop);
        return new Verification(first, done.redone(), done.near(), done.hashes(), Optional.empty());
      }
    } catch (StepDiffers e) {
      return new Verification(first, e.step() - first, e.near(), e.hashes(), Optional.of(e));
    } catch (Stopped e) {
      return new Verification(first, 0, 0, 0, Optional.empty());
    }
  }

  private static List<TrainingStep> upTo(long last, List<TrainingStep> steps) {
    return steps.stream().takeWhile(step -> step.getStep() <= last).toList();
  }

  /**
   * The run's held-out text under its fixed masks.
   *
   * @param segmentsMax at most so many, an equal share of each partition
   */
  public HeldOutText heldOut(int segmentsMax) {
    RunClients clients = clients(() -> false);
    try (PlanReader reader = clients.planReader()) {
      return clients.heldOut(clients.plans(reader), segmentsMax).get();
    }
  }

  private void remember(TrainingStep step) {
    HeldOutEvaluation found = step.getHeldOut();
    if (found != null) {
      listener.remembered(step.getStep(), found);
    }
  }

  private TrainingSummary run(
      Optional<Checkpoint> start,
      RunFeed feed,
      Ledger ledger,
      CheckpointStore checkpoints,
      Evaluator evaluator,
      Until until,
      BooleanSupplier stop)
      throws IOException, InterruptedException {
    try (Learner learner = learners.get()) {
      if (start.isPresent()) {
        learner.load(start.get().model(), start.get().state());
      }
      return new TrainingLoop(
              settings.recipe(),
              feed,
              ledger,
              learner,
              checkpoints,
              position(start),
              evaluator,
              listener,
              InstantSource.system(),
              System::nanoTime)
          .run(until, stop);
    }
  }

  private RunClients clients(BooleanSupplier stop) {
    return new RunClients(
        settings, new Patience(settings.outageMax(), listener::notice, System::nanoTime, stop));
  }

  private Position position(Optional<Checkpoint> start) {
    return start
        .map(Checkpoint::position)
        .orElseGet(() -> Position.start(settings.dataset().getPartitions()));
  }

  private SortedMap<String, String> configuration(RunPlans plans) {
    Dataset dataset = settings.dataset();
    SortedMap<String, String> configuration = new TreeMap<>(settings.model());
    configuration.putAll(settings.recipe().settings());
    configuration.put("run.name", settings.run());
    configuration.put("run.seed", Long.toString(plans.now().seed()));
    configuration.put("dataset.name", dataset.getName());
    configuration.put("dataset.tokenizer.sha256", dataset.getTokenizerSha256());
    return configuration;
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
