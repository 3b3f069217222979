package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class EpochTallyTest {
  private static final long[] ENDS = {5, 0, 3};
  private static final int EPOCHS = 2;

  private record Place(int partition, int epoch, long sequence) {}

  private static List<Place> flawless() {
    List<Place> log = new ArrayList<>();
    for (int p = 0; p < ENDS.length; p++) {
      for (int e = 1; e <= EPOCHS; e++) {
        for (long s = 0; s < ENDS[p]; s++) {
          log.add(new Place(p, e, s));
        }
      }
    }
    return log;
  }

  private static EpochTally tally(List<Place> log, Set<Integer> wrong) {
    EpochTally tally = new EpochTally(EPOCHS, ENDS);
    for (int i = 0; i < log.size(); i++) {
      Place place = log.get(i);
      tally.add(place.partition, place.epoch, place.sequence, !wrong.contains(i));
    }
    return tally;
  }

  /** Each mistake that is planted in a log without one is counted as what it is, and alone. */
  @Property
  void aPlantedMistakeIsCountedOnce(
      @ForAll @IntRange(max = 15) int at, @ForAll @IntRange(max = 3) int kind) {
    assertThat(tally(flawless(), Set.of()).isFlawless()).isTrue();
    List<Place> log = flawless();
    switch (kind) {
      case 0 -> log.remove(at);
      case 1 -> log.add(log.get(at));
      case 2 -> Collections.swap(log, at, neighbour(log, at));
      default -> {}
    }
    EpochTally tally = tally(log, kind == 3 ? Set.of(at) : Set.of());
    assertThat(List.of(tally.missing(), tally.repeated(), tally.outOfOrder(), tally.wrongMasks()))
        .isEqualTo(
            List.of(
                kind == 0 ? 1L : 0L,
                kind == 1 ? 1L : 0L,
                kind == 2 ? 1L : 0L,
                kind == 3 ? 1L : 0L));
    assertThat(tally.isFlawless()).isFalse();
    assertThat(tally.records()).isEqualTo(log.size());
  }

  /** In the same partition. */
  private static int neighbour(List<Place> log, int at) {
    boolean next = at + 1 < log.size() && log.get(at + 1).partition == log.get(at).partition;
    return next ? at + 1 : at - 1;
  }

  @Property
  void aPlaceThatNoEpochHasIsRefused(@ForAll @IntRange(min = 1, max = 2) int epoch) {
    EpochTally tally = new EpochTally(EPOCHS, ENDS);
    assertThatThrownBy(() -> tally.add(1, epoch, 0, true))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> tally.add(0, 3, 0, true)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> tally.add(0, epoch, 5, true))
        .isInstanceOf(IllegalStateException.class);
  }
}
