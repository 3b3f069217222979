package dev.remask.trainer;

import dev.remask.mlm.Example;
import dev.remask.schemas.LiveRange;
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

  private final Recipe recipe;
  private final Feed feed;
  private final Ledger ledger;
  private final Learner learner;
  private final CheckpointStore checkpoints;
  private final StepListener listener;
  private final InstantSource clock;
  private final LongSupplier nanoTime;

  private Position position;
  private long checkpointed;
  private long stepEndedNs;
  private long steps;
  private long redone;
  private long examples;
  private long verified;
  private long tokens;
  private double firstLoss = Double.NaN;
  private double lastLoss = Double.NaN;

  /**
   * @param start where the learner stands: the position of the checkpoint it has loaded, or before
   *     the first step
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
    this.listener = listener;
    this.clock = clock;
    this.nanoTime = nanoTime;
  }

  /**
   * Redoes the ledger's steps after the start, then learns on. Ends with a checkpoint, also when it
   * is stopped; a new run begins with one, too, so that its configuration is kept before anything
   * is learned.
   *
   * @param stop asked between steps and while waiting
   */
  public TrainingSummary run(Until until, BooleanSupplier stop)
      throws IOException, InterruptedException {
    stepEndedNs = nanoTime.getAsLong();
    List<TrainingStep> recorded = ledger.after(position.step());
    if (!recorded.isEmpty()) {
      redo(recorded, stop);
    } else if (position.step() == 0) {
      checkpoint();
    }
    learn(until, stop);
    if (position.step() > checkpointed) {
      checkpoint();
    }
    return new TrainingSummary(
        position, steps, redone, examples, verified, tokens, firstLoss, lastLoss);
  }

  private void learn(Until until, BooleanSupplier stop) throws IOException, InterruptedException {
    try (ReadAhead ahead = readAhead(feed.examples(), stop)) {
      List<Long> arrived = position.live();
      while (!stop.getAsBoolean()) {
        Plans plans = feed.plans();
        Work work = Schedule.next(position, plans, arrived, recipe.logicalBatch(), until);
        if (work instanceof Work.Step next) {
          Optional<List<Example>> batch = ahead.examples(next);
          if (batch.isPresent()) {
            learn(next, batch.get(), null);
          }
        } else if (work instanceof Work.Done) {
          return;
        } else if (plans.live()) {
          List<Long> from = position.live();
          arrived = ahead.ask(() -> feed.arrived(from, ARRIVAL_WAIT), "live").orElse(arrived);
        } else {
          Thread.sleep(ARRIVAL_WAIT.toMillis());
        }
      }
    }
  }

  /**
   * The ledger is the truth: what it holds beyond the checkpoint is learned again, and compared.
   */
  private void redo(List<TrainingStep> recorded, BooleanSupplier stop)
      throws IOException, InterruptedException {
    LOG.info("Redoing steps {} to {} of the ledger", position.step() + 1, last(recorded));
    if (!recorded.get(0).getFingerprint().equals(learner.fingerprint())) {
      LOG.warn(
          "They were computed with {}, now it is {}: the results may differ by {}",
          recorded.get(0).getFingerprint(),
          learner.fingerprint(),
          Redo.TOLERANCE);
    }
    try (ReadAhead ahead = readAhead(feed.recomputed(), stop)) {
      for (TrainingStep step : recorded) {
        Work.Step work = Redo.work(step);
        Optional<List<Example>> batch = ahead.examples(work);
        if (batch.isEmpty()) {
          return;
        }
        learn(work, batch.get(), step);
      }
    }
  }

  private void learn(Work.Step work, List<Example> batch, @Nullable TrainingStep recorded)
      throws IOException, InterruptedException {
    Position next = position.after(work);
    double learningRate = recipe.learningRate(next.step());
    StepResult result = learner.step(batch, learningRate, next.step());
    if (!Double.isFinite(result.loss()) || !Double.isFinite(result.gradientNorm())) {
      throw new IllegalStateException(
          "step %d: loss %s, gradient norm %s; it learned %s"
              .formatted(next.step(), result.loss(), result.gradientNorm(), work));
    }
    position = next;
    boolean due = next.step() % recipe.checkpointSteps() == 0;
    boolean hashed = due || (recorded != null && recorded.getParametersSha256() != null);
    TrainingStep step = describe(work, batch, learningRate, result, hashed);
    if (recorded == null) {
      ledger.append(step);
    } else {
      Redo.requireSame(recorded, step);
    }
    count(batch.size(), result, recorded != null);
    report(step, recorded != null);
    if (due) {
      checkpoint();
    }
  }

  /** Never ahead of the ledger. */
  private void checkpoint() throws IOException, InterruptedException {
    ledger.flush();
    checkpoints.save(position, learner);
    checkpointed = position.step();
  }

  private ReadAhead readAhead(ExampleSource source, BooleanSupplier stop) {
    return new ReadAhead(
        source,
        epoch -> feed.plans().order(epoch, recipe.window()),
        recipe.window(),
        recipe.logicalBatch(),
        stop);
  }

  private TrainingStep describe(
      Work.Step work, List<Example> batch, double learningRate, StepResult result, boolean hashed) {
    TrainingStep.Builder step =
        TrainingStep.newBuilder()
            .setStep(position.step())
            .setExamples(batch.size())
            .setExamplesSha256(Example.sha256(batch))
            .setMaskedTokens(result.maskedTokens())
            .setRealTokens(result.realTokens())
            .setLearningRate(learningRate)
            .setLoss(result.loss())
            .setGradientNorm(result.gradientNorm())
            .setFingerprint(learner.fingerprint())
            .setEndedAt(clock.instant());
    if (hashed) {
      step.setParametersSha256(learner.parametersSha256());
    }
    if (work instanceof Work.Replay replay) {
      return step.setEpoch(replay.epoch())
          .setOrderStart(replay.start())
          .setOrderEnd(replay.end())
          .build();
    }
    List<LiveRange> ranges =
        ((Work.Live) work)
            .ranges().stream()
                .map(range -> new LiveRange(range.partition(), range.start(), range.end()))
                .toList();
    return step.setEpoch(0).setLiveRanges(ranges).build();
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

  private void report(TrainingStep step, boolean again) {
    long nowNs = nanoTime.getAsLong();
    double seconds = Math.max(1, nowNs - stepEndedNs) / 1e9;
    stepEndedNs = nowNs;
    listener.learned(
        new StepListener.StepReport(
            step.getStep(),
            step.getEpoch(),
            step.getExamples(),
            step.getLoss(),
            step.getLearningRate(),
            step.getGradientNorm(),
            step.getRealTokens() / seconds,
            seconds,
            new StepListener.Parts(0, 0, 0, 0, 0),
            again));
  }

  private static long last(List<TrainingStep> recorded) {
    return recorded.get(recorded.size() - 1).getStep();
  }
}
