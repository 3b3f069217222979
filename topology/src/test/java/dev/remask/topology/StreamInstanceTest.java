package dev.remask.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.schemas.PlannedEpoch;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StreamInstanceTest {
  private static SortedMap<Integer, PlannedEpoch> epochs(boolean... done) {
    SortedMap<Integer, PlannedEpoch> epochs = new TreeMap<>();
    for (int epoch = 0; epoch < done.length; epoch++) {
      var plan = Fixture.plan(epoch == 0 ? null : List.of(1L));
      epochs.put(epoch, new PlannedEpoch(Fixture.RUN, epoch, plan, done[epoch]));
    }
    return epochs;
  }

  @Test
  void replaysRunOneAfterAnotherAndTheLiveLaneIsNone() {
    assertThat(StreamInstance.toReplay(epochs(false), 0)).isEmpty();
    assertThat(StreamInstance.toReplay(epochs(false, true, false, false), 0))
        .map(PlannedEpoch::epoch)
        .hasValue(2);
    assertThat(StreamInstance.toReplay(epochs(false, true, true), 0)).isEmpty();
  }

  /** Its group may be gone: begun again, it would mask everything again. */
  @Test
  void anEpochThatHasEndedIsNotBegunAgainWhileItsEndIsNotVisible() {
    assertThat(StreamInstance.toReplay(epochs(false, true, false), 2)).isEmpty();
    assertThat(StreamInstance.toReplay(epochs(false, true, false, false), 2))
        .map(PlannedEpoch::epoch)
        .hasValue(3);
  }
}
