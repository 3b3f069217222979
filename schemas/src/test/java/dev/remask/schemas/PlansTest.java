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
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.kafka.common.serialization.Serde;
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

  private static final Instant NEVER = Instant.EPOCH.minusMillis(1);

  /** When the plan of a step was made: seeds are steps here. */
  private static EpochPlan planOfStep(int step) {
    return EpochPlan.newBuilder(plan(step)).setPlannedAt(Instant.ofEpochMilli(step)).build();
  }

  /**
   * Against maps that are filled as the words say it. By the remainder of 4: a plan; the end of the
   * plan that counts; the same from a release that did not name the plan; the end of a plan of a
   * life before. -1 deletes the run.
   */
  @Property
  void theFirstPlanOfALifeWins(
      @ForAll @Size(max = 60) List<@IntRange(min = -1, max = 15) Integer> steps) {
    Plans plans = new Plans();
    apply(plans, new PlanEvent("other", 0, plan(7)));
    Map<Integer, Long> firstSeed = new HashMap<>();
    Map<Integer, Instant> formerly = new HashMap<>();
    Set<Integer> done = new HashSet<>();
    boolean deleted = false;
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i) == -1) {
        delete(plans, "r");
        firstSeed.forEach((epoch, seed) -> formerly.put(epoch, Instant.ofEpochMilli(seed)));
        firstSeed.clear();
        done.clear();
        deleted = true;
        continue;
      }
      int epoch = steps.get(i) / 4;
      int what = steps.get(i) % 4;
      boolean planned = firstSeed.containsKey(epoch);
      if (what == 0) {
        apply(plans, new PlanEvent("r", epoch, planOfStep(i)));
        firstSeed.putIfAbsent(epoch, (long) i);
      } else if (what == 3 ? deleted : planned || deleted) {
        // Of a run that was deleted, the last word of an instance may come late.
        Instant now = planned ? Instant.ofEpochMilli(firstSeed.get(epoch)) : NEVER;
        Instant of =
            switch (what) {
              case 1 -> now;
              case 2 -> null;
              default -> formerly.getOrDefault(epoch, NEVER);
            };
        apply(plans, new PlanEvent("r", epoch, new EpochDone(Instant.EPOCH, of)));
        if (planned && what != 3) {
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

  /** As the release before wrote them, byte for byte. */
  @Test
  void theEndOfAnEpochThatNamesNoPlanIsStillRead() {
    String later = PlanEvent.getClassSchema().toString();
    String former =
        later.replaceAll(",\\{\"name\":\"plannedAt\",\"type\":\\[\"null\",[^]]*\\][^}]*\\}", "");
    assertThat(former).isNotEqualTo(later).contains("doneAt", "plannedAt");
    String url = "mock://" + UUID.randomUUID();
    RegistryClient registry = RegistryClients.of(RegistryConfig.of(Samples.registry(url)));
    int id = registry.register("t-value", SchemaText.parse(former));
    // Run "r", epoch 1, second branch, done 5 ms after the epoch.
    byte[] payload = {0, 0, 0, 0, (byte) id, 2, 'r', 2, 2, 10};
    try (Serde<PlanEvent> serde = AvroSerdes.of(PlanEvent.class, Samples.registry(url))) {
      PlanEvent read = serde.deserializer().deserialize("t", payload);
      assertThat(read)
          .isEqualTo(new PlanEvent("r", 1, new EpochDone(Instant.ofEpochMilli(5), null)));
      // And the registry lets this release write.
      assertThat(serde.serializer().serialize("t", read)).isNotEmpty();
    }
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
    PlanEvent done = new PlanEvent("r", 1, new EpochDone(Instant.EPOCH, null));
    assertThatThrownBy(() -> apply(plans, done))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("r/1");
    Plans another = new Plans();
    apply(another, new PlanEvent("r", 1, plan(1)));
    assertThatThrownBy(
            () -> apply(another, new PlanEvent("r", 1, new EpochDone(Instant.EPOCH, NEVER))))
        .as("a plan that this run never had, and it was never deleted")
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
