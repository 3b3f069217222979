package dev.remask.trainer;

import dev.remask.schemas.TrainingStep;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Commits in groups, as the real one does; a crash loses what was not committed. */
final class FakeLedger implements Ledger {
  final List<TrainingStep> committed = new ArrayList<>();
  private final List<TrainingStep> waiting = new ArrayList<>();
  private final int group;

  FakeLedger(int group) {
    this.group = group;
  }

  void crash() {
    waiting.clear();
  }

  /** While the broker is away nothing becomes durable. */
  boolean away;

  /** Steps given out at once at most. */
  long piece = Long.MAX_VALUE;

  Runnable insideAppend = () -> {};

  /** Who else writes it. */
  String takenOver = "";

  @Override
  public List<TrainingStep> after(long step) {
    return committed.stream().filter(s -> s.getStep() > step).limit(piece).toList();
  }

  @Override
  public boolean append(TrainingStep step, BooleanSupplier givesUp) {
    insideAppend.run();
    waiting.add(step);
    if (waiting.size() >= group && !away) {
      flush();
    }
    return true;
  }

  @Override
  public boolean flush(BooleanSupplier givesUp) {
    while (away && !waiting.isEmpty()) {
      if (givesUp.getAsBoolean()) {
        return false;
      }
    }
    flush();
    return true;
  }

  @Override
  public void requireSole(BooleanSupplier givesUp) {
    if (!takenOver.isEmpty()) {
      throw new IllegalStateException(takenOver);
    }
  }

  private void flush() {
    for (TrainingStep step : waiting) {
      if (step.getStep() != committed.size() + 1) {
        throw new AssertionError("step " + step.getStep() + " after " + committed.size());
      }
      committed.add(step);
    }
    waiting.clear();
  }

  @Override
  public void close() {
    flush();
  }
}
