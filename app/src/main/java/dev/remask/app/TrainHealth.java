package dev.remask.app;

import dev.remask.schemas.HeldOutEvaluation;
import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.HeldOutScore;
import dev.remask.trainer.StepListener;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Health of a trainer: ready once its loop runs, unless a notice of an outage is recent. Waiting
 * for examples is being ready. Passes on what it hears.
 */
final class TrainHealth implements Health, StepListener {
  /** An outage is told again every ten seconds while it lasts. */
  static final Duration NOTICE_AGE_MAX = Duration.ofSeconds(15);

  private record Notice(String line, long atNs) {}

  private final LongSupplier nanoTime;
  private final StepListener next;
  private volatile boolean running;
  private volatile @Nullable Notice notice;
  private volatile @Nullable Throwable failure;

  TrainHealth(LongSupplier nanoTime, StepListener next) {
    this.nanoTime = nanoTime;
    this.next = next;
  }

  /** The same question; the loop runs once it is asked. */
  BooleanSupplier running(BooleanSupplier stop) {
    return () -> {
      running = true;
      return stop.getAsBoolean();
    };
  }

  void failed(Throwable cause) {
    failure = cause;
  }

  @Override
  public void learned(StepReport report) {
    running = true;
    notice = null;
    next.learned(report);
  }

  @Override
  public void recorded(TrainingStep step) {
    next.recorded(step);
  }

  @Override
  public void evaluated(long step, HeldOutScore score) {
    next.evaluated(step, score);
  }

  @Override
  public void remembered(long step, HeldOutEvaluation found) {
    next.remembered(step, found);
  }

  @Override
  public void notice(String line) {
    notice = new Notice(line, nanoTime.getAsLong());
    next.notice(line);
  }

  @Override
  public void warning(String line) {
    next.warning(line);
  }

  @Override
  public Optional<String> fault() {
    return Optional.ofNullable(failure).map(Throwable::toString);
  }

  @Override
  public Optional<String> notReady() {
    Notice last = notice;
    if (last != null && nanoTime.getAsLong() - last.atNs <= NOTICE_AGE_MAX.toNanos()) {
      return Optional.of(last.line);
    }
    return running ? Optional.empty() : Optional.of("starting");
  }
}
