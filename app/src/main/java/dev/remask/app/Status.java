package dev.remask.app;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.remask.app.LiveHistory.DelaySeconds;
import dev.remask.app.LiveHistory.SourceFigures;
import dev.remask.schemas.TrainingStep;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is where. Its form is that of {@code status --json}. */
record Status(List<OfDataset> datasets, List<OfRun> runs) {
  record OfDataset(
      String name,
      String tokenizerSha256,
      int segmentLength,
      int partitions,
      long segments,
      long documents,
      long packed,
      long pending,
      long heldOut,
      long duplicates,
      long tombstones,
      long deadLetters,
      long updates,
      long tokens,
      long truncatedTokens,
      long repeatedTokens,
      long heldOutTokens,
      long heldOutTruncatedTokens,
      long heldOutRepeatedTokens,
      boolean balanced) {}

  record OfRun(
      String name,
      String dataset,
      List<EpochStatus> epochs,
      long steps,
      @Nullable Double loss,
      @Nullable Double learningRate,
      @Nullable HeldOut heldOut,
      List<SourceFigures> sources,
      @Nullable DelaySeconds liveDelay,
      @JsonIgnore @Nullable History history) {}

  /**
   * The last look at held-out text.
   *
   * @param step after which
   */
  record HeldOut(long step, HeldOutFigures figures) {}

  /** What a chart of the run is drawn from. */
  static final class History {
    final LossHistory learned = new LossHistory();
    final LossHistory heldOut = new LossHistory();

    void add(TrainingStep step) {
      learned.add(step.getStep(), step.getLoss());
      if (step.getHeldOut() != null) {
        heldOut.add(step.getStep(), step.getHeldOut().getLoss());
      }
    }
  }
}
