package dev.remask.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.schemas.EpochDone;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.MaskingKind;
import dev.remask.schemas.MaskingPolicy;
import dev.remask.schemas.PlanEvent;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.SelectionKind;
import java.time.Instant;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

class PlannerTest {
  private static final EpochPlan DECLARED = Fixture.plan(null);

  private static void assertRefused(EpochPlan wanted, String key, String given, String declared) {
    assertThatThrownBy(() -> Planner.requireAsDeclared(wanted, DECLARED))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("Invalid value " + given + " for configuration " + key + ":")
        .hasMessageContaining("must be " + declared + ",");
  }

  @Test
  void theSameRunAtAnotherTimeWithAnotherEnd() {
    EpochPlan replay =
        EpochPlan.newBuilder(Fixture.plan(List.of(1L, 2L)))
            .setPlannedAt(DECLARED.getPlannedAt().plusSeconds(1))
            .build();
    assertThatCode(() -> Planner.requireAsDeclared(replay, DECLARED)).doesNotThrowAnyException();
  }

  /** By it the end of an epoch is told from that of another life of its run. */
  @Test
  void theEndOfAnEpochNamesItsPlan() {
    var planned = new PlannedEpoch(Fixture.RUN, 3, LATER, false);
    PlanEvent done = Planner.done(planned, Instant.EPOCH.plusNanos(5_999_999));
    assertThat(done)
        .isEqualTo(
            new PlanEvent(
                Fixture.RUN, 3, new EpochDone(Instant.EPOCH.plusMillis(5), LATER.getPlannedAt())));
  }

  @Test
  void whatDiffersIsNamedWithBothValues() {
    assertRefused(
        EpochPlan.newBuilder(DECLARED).setDataset("other").build(),
        "dataset.name",
        "other",
        Fixture.DATASET);
    assertRefused(EpochPlan.newBuilder(DECLARED).setSeed(7).build(), "run.seed", "7", "42");
    assertRefused(
        EpochPlan.newBuilder(DECLARED).setOrderWindow(32).build(), "order.window", "32", "16");
  }

  /** By the settings' names; whoever adds a field to the policy must name its setting. */
  @Test
  void aMaskingSettingThatDiffersIsNamedWithBothValues() {
    assertThat(MaskingPolicy.getClassSchema().getFields()).hasSize(8);
    assertRefused(p -> p.setKind(MaskingKind.STATIC), "masking.kind", "static", "dynamic");
    assertRefused(p -> p.setCopies(3), "static.copies", "3", "10");
    assertRefused(
        p -> p.setSelection(SelectionKind.BERNOULLI), "masking.selection", "bernoulli", "exact");
    assertRefused(p -> p.setProbability(0.2), "masking.probability", "0.2", "0.15");
    assertRefused(p -> p.setMaskShare(0.7), "masking.mask.share", "0.7", "0.8");
    assertRefused(p -> p.setRandomShare(0.2), "masking.random.share", "0.2", "0.1");
    assertRefused(p -> p.setFairseqCompatible(true), "masking.fairseq-compatible", "true", "false");
    assertRefused(p -> p.setWholeWord(true), "masking.whole-word", "true", "false");
  }

  private static final EpochPlan LATER =
      EpochPlan.newBuilder(DECLARED).setPlannedAt(DECLARED.getPlannedAt().plusSeconds(1)).build();

  /** A log that a run's declarers see, of whom some were slower than another. */
  private static final class Log {
    private Optional<EpochPlan> plan = Optional.empty();
    private int written;

    UnaryOperator<EpochPlan> fencedBy(EpochPlan... winners) {
      Iterator<EpochPlan> others = List.of(winners).iterator();
      return wanted -> {
        if (others.hasNext()) {
          EpochPlan other = others.next();
          // One that was killed, or fenced in turn, before it had written.
          plan = other.equals(NOBODY) ? plan : Optional.of(other);
          throw new Planner.TakenOver(Fixture.RUN, new IllegalStateException("fenced"));
        }
        written++;
        plan = Optional.of(wanted);
        return wanted;
      };
    }
  }

  private static final EpochPlan NOBODY = EpochPlan.newBuilder(DECLARED).setSeed(-1).build();

  private static EpochPlan declare(Log log, UnaryOperator<EpochPlan> declares) {
    return Planner.declare(LATER, () -> log.plan, declares, () -> {});
  }

  @Test
  void aRunThatIsDeclaredAlreadyFencesNobody() {
    Log log = new Log();
    log.plan = Optional.of(DECLARED);
    UnaryOperator<EpochPlan> mustNot =
        wanted -> {
          throw new AssertionError("declared again");
        };
    assertThat(declare(log, mustNot)).isEqualTo(DECLARED);
    log.plan = Optional.of(EpochPlan.newBuilder(DECLARED).setSeed(7).build());
    assertThatThrownBy(() -> declare(log, mustNot))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("run.seed");
  }

  @Test
  void whoIsFencedIsContentWithTheSameRunAndTriesAgainIfThereIsNone() {
    Log same = new Log();
    assertThat(declare(same, same.fencedBy(DECLARED))).isEqualTo(DECLARED);
    assertThat(same.written).isZero();

    Log other = new Log();
    EpochPlan another = EpochPlan.newBuilder(DECLARED).setOrderWindow(1).build();
    assertThatThrownBy(() -> declare(other, other.fencedBy(another)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("order.window");

    Log nobody = new Log();
    assertThat(declare(nobody, nobody.fencedBy(NOBODY, NOBODY, NOBODY))).isEqualTo(LATER);
    assertThat(nobody.written).isEqualTo(1);

    EpochPlan[] always = new EpochPlan[100];
    Arrays.fill(always, NOBODY);
    Log never = new Log();
    assertThatThrownBy(() -> declare(never, never.fencedBy(always)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("another planner of run " + Fixture.RUN);
  }

  private static void assertRefused(
      Consumer<MaskingPolicy.Builder> change, String key, String given, String declared) {
    assertRefused(with(change), key, given, declared);
  }

  private static EpochPlan with(Consumer<MaskingPolicy.Builder> change) {
    MaskingPolicy.Builder policy = MaskingPolicy.newBuilder(DECLARED.getPolicy());
    change.accept(policy);
    return EpochPlan.newBuilder(DECLARED).setPolicy(policy.build()).build();
  }
}
