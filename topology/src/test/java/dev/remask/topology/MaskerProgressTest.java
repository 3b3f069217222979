package dev.remask.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.schemas.PlannedEpoch;
import dev.remask.topology.ExamplesLog.Place;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MaskerProgressTest {
  private static final Optional<Place> NOTHING = Optional.empty();

  private static PlannedEpoch epoch(int epoch, boolean done, @Nullable List<Long> ends) {
    return new PlannedEpoch(Fixture.RUN, epoch, Fixture.plan(ends), done);
  }

  private static long reached(PlannedEpoch epoch, Optional<Place> last, long next) {
    return MaskerProgress.reached(epoch, 1, MaskerProgress.masked(epoch, 1, last), next);
  }

  private static Optional<Place> last(int epoch, long sequence) {
    return Optional.of(new Place(epoch, sequence));
  }

  @Test
  void theLastExampleInTheLogTells() {
    PlannedEpoch second = epoch(2, false, List.of(9L, 50L));
    assertThat(MaskerProgress.masked(second, 1, NOTHING)).isZero();
    assertThat(MaskerProgress.masked(second, 1, last(1, 49))).isZero();
    assertThat(MaskerProgress.masked(second, 1, last(2, 0))).isEqualTo(1);
    assertThat(MaskerProgress.masked(second, 1, last(2, 49))).isEqualTo(50);
    assertThat(MaskerProgress.masked(second, 1, last(3, 0))).isEqualTo(50);
    assertThat(MaskerProgress.masked(epoch(2, true, List.of(9L, 50L)), 1, NOTHING)).isEqualTo(50);
    assertThat(MaskerProgress.masked(epoch(0, false, null), 1, last(0, 70))).isEqualTo(71);
  }

  /** The trainer has learned all that there was, and the log is empty. */
  @Test
  void whereEverythingWasPurgedTheGroupTells() {
    PlannedEpoch first = epoch(1, false, List.of(9L, 50L));
    assertThat(reached(first, NOTHING, 0)).isZero();
    assertThat(reached(first, NOTHING, 20)).isEqualTo(20);
    assertThat(reached(epoch(0, false, null), NOTHING, 20)).isEqualTo(20);
  }

  /** More text came after the plan; a masker reads it and drops it. */
  @Test
  void whatTheGroupReadsBehindItsPlanDoesNotCount() {
    assertThat(reached(epoch(1, false, List.of(9L, 50L)), NOTHING, 80)).isEqualTo(50);
    assertThat(reached(epoch(1, false, List.of(9L, 0L)), NOTHING, 80)).isZero();
  }

  @Test
  void aGroupThatWasResetTakesNothingBack() {
    PlannedEpoch first = epoch(1, false, List.of(9L, 50L));
    assertThat(reached(first, last(1, 29), 0)).isEqualTo(30);
    assertThat(reached(first, last(1, 29), 12)).isEqualTo(30);
    assertThat(reached(first, last(2, 3), 12)).isEqualTo(50);
  }
}
