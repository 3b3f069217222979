package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.MaskingPolicy;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.topology.MaskingPolicies;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EpochStatusTest {
  private final List<Integer> looked = new ArrayList<>();

  private static PlannedEpoch epoch(int epoch, boolean done, @Nullable List<Long> ends) {
    EpochPlan plan =
        new EpochPlan(
            "d", 1L, MaskingPolicies.encode(MaskingPolicy.ROBERTA), 16, ends, Instant.EPOCH);
    return new PlannedEpoch("r", epoch, plan, done);
  }

  /** Epoch 0, then replays of three partitions, one empty; the first ones are done. */
  private static List<PlannedEpoch> epochs(int done, int more) {
    List<PlannedEpoch> epochs = new ArrayList<>();
    epochs.add(epoch(0, false, null));
    IntStream.rangeClosed(1, done + more)
        .forEach(e -> epochs.add(epoch(e, e <= done, List.of(1_000L, 0L, 500L))));
    return epochs;
  }

  private List<EpochStatus> states(
      List<PlannedEpoch> epochs, Map<Integer, Long> learned, long... masked) {
    return EpochStatus.of(
        epochs,
        new long[] {1_200, 0, 700},
        learned,
        epoch -> {
          looked.add(epoch.epoch());
          return epoch.epoch() == 0 ? new long[] {1_100, 0, 701} : masked;
        });
  }

  @Test
  void anEpochIsPlannedThenRunsThenIsMaskedThenLearned() {
    List<EpochStatus> states =
        states(epochs(2, 2), Map.of(0, 9L, 1, 1_500L, 2, 1_499L, 3, 5L), 300, 0, 20);
    assertThat(states)
        .extracting(EpochStatus::state)
        .containsExactly("live", "learned", "masked", "running", "planned");
    assertThat(states)
        .extracting(EpochStatus::masked)
        .containsExactly(1_801L, 1_500L, 1_500L, 320L, 0L);
    assertThat(states.get(0).totalByPartition())
        .as("what was masked was there")
        .containsExactly(1_200L, 0L, 701L);
    assertThat(states.get(0).examples()).isNull();
    assertThat(states.get(3).maskedByPartition()).containsExactly(300L, 0L, 20L);
    assertThat(states.get(3).totalByPartition()).containsExactly(1_000L, 0L, 500L);
    assertThat(Json.text(states.get(3)))
        .isEqualTo(
            "{\"epoch\":3,\"state\":\"running\",\"examples\":1500,\"masked\":320,\"learned\":5,"
                + "\"masked_by_partition\":[300,0,20],\"total_by_partition\":[1000,0,500]}");
  }

  @Test
  void ofManyEpochsTwoAreLookedAt() {
    List<EpochStatus> states = states(epochs(400, 100), Map.of(), 0, 0, 0);
    assertThat(looked).containsExactly(0, 401);
    assertThat(states).hasSize(501);
    assertThat(states.subList(1, 401)).extracting(EpochStatus::state).containsOnly("masked");
    assertThat(states.subList(401, 501)).extracting(EpochStatus::state).containsOnly("planned");
  }

  @Test
  void whenAllIsDoneOnlyTheLiveLaneIsLookedAt() {
    assertThat(states(epochs(3, 0), Map.of())).hasSize(4);
    assertThat(looked).containsExactly(0);
  }

  @Test
  void peopleSeeThePartitionsWhileItRuns() {
    List<EpochStatus> states = states(epochs(1, 2), Map.of(1, 1_500L), 300, 0, 20);
    assertThat(states)
        .extracting(EpochStatus::line)
        .containsExactly(
            "epoch 0    live     1,801 of 1,901 masked, 0 learned",
            "epoch 1    learned  1,500 of 1,500 masked, 1,500 learned",
            "epoch 2    running  320 of 1,500 masked, 0 learned; by partition 300/1000 0/0 20/500",
            "epoch 3    planned  0 of 1,500 masked, 0 learned");
  }

  @Test
  void ofManyPartitionsTheFirstAreShown() {
    List<Long> ends = LongStream.range(0, 20).map(p -> 9).boxed().toList();
    EpochStatus status =
        EpochStatus.of(
                List.of(epoch(1, false, ends)),
                new long[20],
                Map.of(),
                epoch -> LongStream.range(0, 20).map(p -> 3).toArray())
            .get(0);
    assertThat(status.line())
        .endsWith("masked, 0 learned; by partition " + "3/9 ".repeat(16) + "and 4 more");
  }
}
