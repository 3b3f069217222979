package dev.remask.topology;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.schemas.EpochPlan;
import java.util.List;
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
    EpochPlan replay = Fixture.plan(List.of(1L, 2L));
    replay.setPlannedAt(DECLARED.getPlannedAt().plusSeconds(1));
    assertThatCode(() -> Planner.requireAsDeclared(replay, DECLARED)).doesNotThrowAnyException();
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
}
