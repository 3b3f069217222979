package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PlansTest {
  private static EpochPlan plan(long seed) {
    return EpochPlan.newBuilder()
        .setDataset("d")
        .setSeed(seed)
        .setPolicy(MaskingPolicy.newBuilder().build())
        .setOrderWindow(16)
        .setEnds(List.of(seed))
        .setPlannedAt(Instant.EPOCH)
        .build();
  }

  private static void apply(Plans plans, PlanEvent event) {
    plans.apply(PlanKey.of(event).encode(), event);
  }

  /**
   * Against a map that is filled as the words say it. Even numbers plan, odd ones are done, -1
   * deletes the run.
   */
  @Property
  void theFirstPlanOfALifeWins(
      @ForAll @Size(max = 50) List<@IntRange(min = -1, max = 19) Integer> steps) {
    Plans plans = new Plans();
    apply(plans, new PlanEvent("other", 0, plan(7)));
    Map<Integer, Long> firstSeed = new HashMap<>();
    Set<Integer> done = new HashSet<>();
    boolean deleted = false;
    for (int i = 0; i < steps.size(); i++) {
      int epoch = steps.get(i) / 2;
      if (steps.get(i) == -1) {
        delete(plans, "r");
        firstSeed.clear();
        done.clear();
        deleted = true;
      } else if (steps.get(i) % 2 == 0) {
        apply(plans, new PlanEvent("r", epoch, plan(i)));
        firstSeed.putIfAbsent(epoch, (long) i);
      } else if (firstSeed.containsKey(epoch) || deleted) {
        // Of a run that was deleted, the last word of an instance may come late.
        apply(plans, new PlanEvent("r", epoch, new EpochDone(Instant.EPOCH)));
        if (firstSeed.containsKey(epoch)) {
          done.add(epoch);
        }
      }
    }
    assertThat(plans.epochs("r").keySet()).isEqualTo(firstSeed.keySet());
    plans
        .epochs("r")
        .forEach(
            (epoch, planned) -> {
              assertThat(planned.epoch()).isEqualTo(epoch);
              assertThat(planned.plan().getSeed()).isEqualTo(firstSeed.get(epoch));
              assertThat(planned.done()).isEqualTo(done.contains(epoch));
            });
    assertThat(plans.runs().containsKey("r")).isEqualTo(!firstSeed.isEmpty());
    assertThat(plans.epochs("other").get(0).plan().getSeed()).isEqualTo(7);
  }

  private static void delete(Plans plans, String run) {
    plans.apply(new PlanKey(run, 0).encode(), null);
  }

  @Test
  void runsAreApart() {
    Plans plans = new Plans();
    apply(plans, new PlanEvent("b", 1, plan(1)));
    apply(plans, new PlanEvent("a", 1, plan(2)));
    assertThat(plans.runs().keySet()).containsExactly("a", "b");
    assertThat(plans.epochs("a").get(1).plan().getSeed()).isEqualTo(2);
    assertThat(plans.epochs("c")).isEmpty();
  }

  @Test
  void whatNoPlannerWritesStopsTheReader() {
    Plans plans = new Plans();
    PlanEvent done = new PlanEvent("r", 1, new EpochDone(Instant.EPOCH));
    assertThatThrownBy(() -> apply(plans, done))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("r/1");
    byte[] otherKey = "r/2".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> plans.apply(otherKey, new PlanEvent("r", 1, plan(1))))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> plans.apply(otherKey, null))
        .as("only a run as a whole is deleted")
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> plans.apply(null, new PlanEvent("r", 1, plan(1))))
        .isInstanceOf(IllegalStateException.class);
    assertThat(plans.runs()).isEmpty();
  }

  @Test
  void planKeysAreRunAndEpoch() {
    assertThat(new PlanKey("run", 12).encode())
        .isEqualTo("run/12".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> new PlanKey("a/b", 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new PlanKey("a", -1)).isInstanceOf(IllegalArgumentException.class);
  }
}
