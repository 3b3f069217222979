package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.schemas.LiveRange;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.TrainingStep;
import java.util.Collection;
import java.util.List;

/** What a ledger must look like when every example was learned exactly once. */
final class LearnedOnce {
  private LearnedOnce() {}

  /**
   * Steps 1, 2, 3 ...; each replay one interval after another from the first index to the last; the
   * live lane of each partition one range after another from sequence 0 on.
   *
   * @param segments sequence after the last, per partition {@code [P]}, to which the live lane was
   *     learned
   */
  static void check(List<TrainingStep> ledger, Collection<PlannedEpoch> epochs, long[] segments) {
    for (int i = 0; i < ledger.size(); i++) {
      assertThat(ledger.get(i).getStep()).isEqualTo(i + 1);
    }
    long[] live = new long[segments.length];
    for (TrainingStep step : ledger) {
      long examples = step.getEpoch() > 0 ? step.getOrderEnd() - step.getOrderStart() : 0;
      for (LiveRange range : step.getLiveRanges()) {
        assertThat(range.getStart()).as("%s", step).isEqualTo(live[range.getPartition()]);
        live[range.getPartition()] = range.getEnd();
        examples += range.getEnd() - range.getStart();
      }
      assertThat(examples).as("%s", step).isEqualTo(step.getExamples()).isPositive();
    }
    assertThat(live).as("live lane").isEqualTo(segments);
    for (PlannedEpoch epoch : epochs) {
      if (epoch.examples().isPresent()) {
        assertThat(replayed(ledger, epoch.epoch()))
            .as("epoch %d", epoch.epoch())
            .isEqualTo(epoch.examples().getAsLong());
      }
    }
  }

  private static long replayed(List<TrainingStep> ledger, int epoch) {
    long next = 0;
    for (TrainingStep step : ledger) {
      if (step.getEpoch() == epoch) {
        assertThat(step.getOrderStart()).as("%s", step).isEqualTo(next);
        next = step.getOrderEnd();
      }
    }
    return next;
  }
}
