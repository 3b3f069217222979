package dev.remask.trainer;

import dev.remask.schemas.TrainingStep;
import java.util.ArrayList;
import java.util.List;

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

  @Override
  public List<TrainingStep> after(long step) {
    return committed.stream().filter(s -> s.getStep() > step).toList();
  }

  @Override
  public void append(TrainingStep step) {
    waiting.add(step);
    if (waiting.size() >= group) {
      flush();
    }
  }

  @Override
  public void flush() {
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
