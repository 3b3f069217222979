package dev.remask.trainer;

import dev.remask.mlm.Example;
import dev.remask.schemas.TrainingStep;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loop: what next, its examples, one optimizer step, a line in the ledger, now and then a
 * checkpoint. One thread drives the learner; another reads ahead. Used once.
 */
public final class TrainingLoop {
  private static final Logger LOG = LoggerFactory.getLogger(TrainingLoop.class);
  private static final Duration ARRIVAL_WAIT = Duration.ofMillis(100);

  /** How long a stop, or a failure, may wait for the ledger. */
  private static final Duration GRACE = Duration.ofSeconds(4);

  private final Recipe recipe;
  private final Feed feed;
  private final Ledger ledger;
  private final Learner learner;
  private final CheckpointStore checkpoints;
  private final Evaluator evaluator;
  private final StepListener listener;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final StepTimes times;

  private Position position;
  private Plans plans;
  private Until until = Until.STOPPED;
  private Divergence divergence;
  private double ceiling; // operations a second
  private long checkpointed;
  private long steps;
  private Redo redo = new Redo(true);
  private boolean warned; // of other numerics
  private long redone;
  private long examples;
  private long verified;
  private long tokens;
  private double firstLoss = Double.NaN;
  private double lastLoss = Double.NaN;

  /**
   * @param start where the learner stands: the position of the checkpoint it has loaded, or before
   *     the first step
   * @param evaluator asked after each new step; what it finds goes into the ledger with the step
   * @param clock gives the ledger's times
   * @param nanoTime measures steps, in nanoseconds
   */
  public TrainingLoop(
      Recipe recipe,
      Feed feed,
      Ledger ledger,
      Learner learner,
      CheckpointStore checkpoints,
      Position start,
      Evaluator evaluator,
      StepListener listener,
      InstantSource clock,
      LongSupplier nanoTime) {
    this.recipe = recipe;
    this.feed = feed;
    this.ledger = ledger;
    this.learner = learner;
    this.checkpoints = checkpoints;
    this.position = start;
    this.checkpointed = start.step();
    this.evaluator = evaluator;
    this.listener = listener;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.times = new StepTimes(nanoTime);
    this.plans = feed.plans();
    this.divergence = Divergence.of(learner.shape().vocabulary(), recipe.rate().warmUpSteps());
  }

  /**
   * Redoes the ledger's steps after the start, then learns on. Ends with a checkpoint, also when it
   * is stopped, unless the ledger cannot be written meanwhile; a new run begins with one, too, so
   * that its configuration is kept before anything is learned.
   *
   * @param asked whether to stop: inside of steps, between them and while waiting; any thread
   */
  public TrainingSummary run(Until until, BooleanSupplier asked)
      throws IOException, InterruptedException {
    this.until = until;
    Stop stop = new Stop(asked, GRACE, nanoTime);
    List<TrainingStep> recorded = recorded();
    listener.started(position);
    ceiling = learner.operationsPerSecondMax();
    times.end();
    try {
      if (recorded.isEmpty() && position.step() == 0) {
        checkpoint(stop);
      }
      if (redo(recorded, stop)) {
        learn(stop);
      }
      if (position.step() > checkpointed && !isOwn()) {
        LOG.info("No checkpoint: all steps were redone, with other numerics");
      } else if (position.step() > checkpointed && !checkpoint(stop)) {
        listener.notice(
            "stopped without a checkpoint, as the ledger cannot be written now: the next start learns %d steps again"
                .formatted(position.step() - checkpointed));
      }
    } catch (IllegalStateException e) {
      throw reason(e);
    }
    return new TrainingSummary(
        position,
        steps,
        redone,
        redo.near(),
        redo.hashes(),
        examples,
        verified,
        tokens,
        firstLoss,
        lastLoss);
  }

  /**
   * Whether the weights are those that the ledger's steps gave. Those of a redo with other numerics
   * are not: a checkpoint of them would look like one of the run, until the next redo from it
   * fails.
   */
  private boolean isOwn() {
    return redo.exact() || steps > 0;
  }

  /**
   * The steps to redo, or the first of many. The step that the checkpoint was made after has to be
   * in the ledger; if its weights are not those recorded, which happens where steps of other
   * numerics were redone before, what follows cannot be the same bit for bit.
   */
  private List<TrainingStep> recorded() {
    long start = position.step();
    long before = Math.max(0, start - Divergence.STEPS);
    List<TrainingStep> recorded = ledger.after(before);
    int learned = (int) (start - before);
    if (recorded.size() < learned) {
      throw new IllegalStateException(
          "the ledger ends at step %d, the checkpoint is at step %d"
              .formatted(before + recorded.size(), start));
    }
    for (TrainingStep step : recorded.subList(0, learned)) {
      divergence = divergence.after(step.getStep(), step.getLoss());
    }
    if (start == 0) {
      return recorded;
    }
    String hash = recorded.get(learned - 1).getParametersSha256();
    if (hash != null && !hash.equals(learner.parametersSha256())) {
      redo = new Redo(false);
      listener.warning(
          "the checkpoint's weights are not those that the ledger has of step %,d: later steps are compared within %s"
              .formatted(start, Redo.TOLERANCE));
    }
    return recorded.subList(learned, recorded.size());
  }

  /**
   * Who takes a run over also deletes the examples that it has learned: what looks like a gap here
   * may be another trainer's work, and that is then what has to be said.
   */
  private IllegalStateException reason(IllegalStateException failure) throws InterruptedException {
    try {
      Stop now = new Stop(() -> true, GRACE, nanoTime);
      ledger.requireSole(now::overdue);
    } catch (IllegalStateException e) {
      e.addSuppressed(failure);
      return e;
    }
    return failure;
  }

  private void learn(Stop stop) throws IOException, InterruptedException {
    try (ReadAhead ahead = readAhead(feed.examples(), stop)) {
      List<Long> arrived = position.live();
      while (!stop.asked()) {
        times.mark();
        plans = feed.plans();
        Work work = next(position, arrived);
        if (work instanceof Work.Replay
            && plans.live()
            && Schedule.isLive(position.step() + 1, recipe.liveShare())) {
          arrived = looked(arrived, ahead, Duration.ZERO);
          work = next(position, arrived);
        }
        if (work instanceof Work.Step next) {
          Optional<List<Example>> batch = ahead.examples(next);
          times.waited();
          boolean last = next(position.after(next), arrived) instanceof Work.Done;
          if (batch.isPresent() && !learn(next, batch.get(), null, last, stop)) {
            return;
          }
        } else if (work instanceof Work.Done) {
          return;
        } else {
          arrived = arrived(arrived, ahead);
          times.waited();
        }
      }
    }
  }

  private Work next(Position from, List<Long> arrived) {
    return Schedule.next(from, plans, arrived, recipe.batch(), recipe.liveShare(), until);
  }

  /** What has come in the live lane, after a moment if it is nothing new. */
  private List<Long> arrived(List<Long> before, ReadAhead ahead) throws InterruptedException {
    if (!plans.live()) {
      Thread.sleep(ARRIVAL_WAIT.toMillis());
      return before;
    }
    return looked(before, ahead, ARRIVAL_WAIT);
  }

  private List<Long> looked(List<Long> before, ReadAhead ahead, Duration atMost)
      throws InterruptedException {
    List<Long> from = position.live();
    int batch = recipe.batch().at(position.step() + 1);
    return ahead.ask(() -> feed.arrived(from, batch, atMost), "live").orElse(before);
  }

  /**
   * The ledger is the truth: what it holds beyond the checkpoint is learned again, and compared.
   *
   * @return false if it was stopped before: then nothing new may be learned, for the ledger has
   *     that step already
   */
  private boolean redo(List<TrainingStep> recorded, Stop stop)
      throws IOException, InterruptedException {
    if (recorded.isEmpty()) {
      return true;
    }
    try (ReadAhead ahead = readAhead(feed.recomputed(), stop)) {
      List<TrainingStep> piece = recorded;
      while (!piece.isEmpty()) {
        long last = piece.get(piece.size() - 1).getStep();
        LOG.info("Redoing steps {} to {} of the ledger", position.step() + 1, last);
        warnOfOtherNumerics(piece);
        for (TrainingStep step : piece) {
          times.mark();
          Work.Step work = Redo.work(step);
          Optional<List<Example>> batch = ahead.examples(work);
          times.waited();
          if (batch.isEmpty() || !learn(work, batch.get(), step, false, stop)) {
            return false;
          }
        }
        piece = ledger.after(position.step());
      }
    }
    return true;
  }

  private void warnOfOtherNumerics(List<TrainingStep> recorded) {
    List<TrainingStep> others =
        recorded.stream().filter(s -> !s.getFingerprint().equals(learner.fingerprint())).toList();
    if (!others.isEmpty() && !warned) {
      warned = true;
      listener.warning(
          "steps from %,d on were computed with %s, here it is %s: they are redone with loss and gradient norm within %s, not bit for bit"
              .formatted(
                  others.get(0).getStep(),
                  others.get(0).getFingerprint(),
                  learner.fingerprint(),
                  Redo.TOLERANCE));
    }
  }

  /**
   * @param last whether the loop ends with this step
   * @return false if it was stopped, inside of the step or at the ledger
   */
  private boolean learn(
      Work.Step work, List<Example> batch, @Nullable TrainingStep recorded, boolean last, Stop stop)
      throws IOException, InterruptedException {
    Position next = position.after(work);
    double learningRate = recipe.learningRate(next.step());
    boolean live = work instanceof Work.Live;
    boolean scores = live && (recorded == null || !recorded.getSources().isEmpty());
    ScoringWatch watch = new ScoringWatch(stop::asked, times::summed, scores);
    Optional<StepResult> learned = learner.step(batch, learningRate, next.step(), watch);
    if (learned.isEmpty()) {
      return false;
    }
    times.updated();
    StepResult result = learned.get();
    requireSound(next.step(), work, batch, result, recorded == null);
    position = next;
    boolean due = next.step() % recipe.checkpointSteps() == 0;
    boolean hashed = due || last || (recorded != null && recorded.getParametersSha256() != null);
    TrainingStep.Builder described =
        StepRecord.of(next.step(), work, batch, learningRate, result)
            .setFingerprint(learner.fingerprint())
            .setEndedAt(clock.instant());
    if (watch.scores()) {
      described.setSources(SourceLosses.of(batch, watch.losses()));
    }
    if (live && recorded == null) {
      StepRecord.delay(feed.arrivals(), described.getEndedAt()).ifPresent(described::setDelay);
    }
    if (hashed) {
      described.setParametersSha256(learner.parametersSha256());
    }
    times.mark();
    if (recorded == null) {
      evaluate(last, stop).ifPresent(score -> described.setHeldOut(score.record()));
    }
    times.evaluated();
    TrainingStep step = described.build();
    boolean kept = keep(step, recorded, stop);
    times.written();
    if (recorded == null) {
      listener.recorded(step);
    }
    count(batch.size(), result, recorded != null);
    report(step, result.nextSentence(), learner.shape().operations(batch), recorded != null);
    boolean known = recorded == null || redo.exact() || recorded.getParametersSha256() != null;
    return kept && (!due || !known || checkpoint(stop));
  }

  private boolean keep(TrainingStep step, @Nullable TrainingStep recorded, Stop stop)
      throws InterruptedException {
    if (recorded == null) {
      return ledger.append(step, stop::overdue);
    }
    redo.requireSame(recorded, step);
    return true;
  }

  /** What is found here ends the loop before ledger or checkpoint hear of the step. */
  private void requireSound(
      long step, Work.Step work, List<Example> batch, StepResult result, boolean isNew) {
    if (!result.isFinite()) {
      throw StepFault.notFinite(step, work, batch, result);
    }
    divergence = divergence.after(step, result.loss());
    if (isNew && divergence.found()) {
      throw StepFault.diverged(step, work, batch, result, divergence);
    }
  }

  private Optional<HeldOutScore> evaluate(boolean last, Stop stop) {
    Optional<HeldOutScore> score = evaluator.after(position.step(), last, learner, stop::asked);
    score.ifPresent(found -> listener.evaluated(position.step(), found));
    return score;
  }

  /**
   * Never ahead of the ledger: without it there is no checkpoint, and the steps since the last one
   * are learned again at the next start.
   *
   * @return false if it was stopped before
   */
  private boolean checkpoint(Stop stop) throws IOException, InterruptedException {
    times.mark();
    if (!ledger.flush(stop::overdue)) {
      return false;
    }
    checkpoints.save(position, learner);
    checkpointed = position.step();
    times.saved();
    return true;
  }

  private ReadAhead readAhead(ExampleSource source, Stop stop) {
    return new ReadAhead(
        source,
        epoch -> feed.plans().order(epoch, recipe.window()),
        recipe.window(),
        recipe.batch().size(),
        feed::plans,
        stop::asked);
  }

  private void count(int learned, StepResult result, boolean again) {
    if (again) {
      redone++;
      return;
    }
    firstLoss = steps == 0 ? result.loss() : firstLoss;
    lastLoss = result.loss();
    steps++;
    examples += learned;
    verified += feed.examples().verifies() ? learned : 0;
    tokens += result.realTokens();
  }

  private void report(
      TrainingStep step, NextSentence nextSentence, double operations, boolean again) {
    StepTimes.Times took = times.end();
    listener.learned(
        new StepListener.StepReport(
            step.getStep(),
            step.getEpoch(),
            step.getExamples(),
            step.getLoss(),
            step.getLearningRate(),
            step.getGradientNorm(),
            step.getRealTokens() / took.seconds(),
            operations / took.seconds() / ceiling,
            took.seconds(),
            took.parts(),
            Remaining.of(position, plans, until),
            again,
            nextSentence));
  }
}
