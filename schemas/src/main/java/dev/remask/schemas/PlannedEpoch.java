package dev.remask.schemas;

import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * An epoch as the plans topic tells it.
 *
 * @param plan the first plan of this run and epoch
 * @param done whether all its examples are in the log
 */
public record PlannedEpoch(String run, int epoch, EpochPlan plan, boolean done) {
  /** Number of its examples; empty for the live lane, whose end is open. */
  public OptionalLong examples() {
    @Nullable List<Long> ends = plan.getEnds();
    return ends == null
        ? OptionalLong.empty()
        : OptionalLong.of(ends.stream().mapToLong(Long::longValue).sum());
  }
}
