package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.topology.StreamStatus;
import dev.remask.topology.StreamStatus.Counts;
import dev.remask.topology.StreamStatus.Lane;
import dev.remask.topology.StreamStatus.Packer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When the work of a command is up and ready. */
class HealthTest {
  private static final Duration MOMENT = Duration.ofMillis(1);

  private long nanos = Long.MAX_VALUE - 5; // System.nanoTime may overflow

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  private static StreamStatus status(String packer, String live) {
    return new StreamStatus(
        new Packer(packer, 0),
        new Lane(0, live, false, 0, 0),
        Optional.empty(),
        new Counts(0, 0, 0, 0));
  }

  @ParameterizedTest
  @CsvSource({
    "RUNNING,RUNNING,true",
    "REBALANCING,RUNNING,false",
    "RUNNING,CREATED,false",
    "ERROR,ERROR,false"
  })
  void aStreamIsReadyWhileBothHaveTheirPartitions(String packer, String live, boolean ready) {
    StreamStatus status = status(packer, live);
    StreamHealth health = new StreamHealth(() -> status, Optional::empty, () -> nanos);
    assertThat(health.notReady().isEmpty()).isEqualTo(ready);
    if (!ready) {
      assertThat(health.notReady().orElseThrow()).contains(packer).contains(live);
    }
    assertThat(health.fault()).isEmpty();
  }

  @Test
  void aStreamIsNotReadyOnceItsLastLookIsOld() {
    AtomicReference<StreamStatus> status = new AtomicReference<>(status("RUNNING", "RUNNING"));
    StreamHealth health = new StreamHealth(status::get, Optional::empty, () -> nanos);
    pass(StreamHealth.LOOK_AGE_MAX);
    assertThat(health.notReady()).isEmpty();
    pass(MOMENT);
    assertThat(health.notReady().orElseThrow()).contains("30 s");
    status.set(status("RUNNING", "RUNNING")); // equal, and another look
    assertThat(health.notReady()).isEmpty();
    pass(StreamHealth.LOOK_AGE_MAX.plus(MOMENT));
    assertThat(health.notReady()).isPresent();
    assertThat(health.fault()).as("an outage is no fault").isEmpty();
  }

  @Test
  void aStreamThatEndedHasAFault() {
    AtomicReference<Optional<Throwable>> failure = new AtomicReference<>(Optional.empty());
    StreamStatus status = status("RUNNING", "RUNNING");
    StreamHealth health = new StreamHealth(() -> status, failure::get, () -> nanos);
    assertThat(health.fault()).isEmpty();
    failure.set(Optional.of(new IllegalStateException("a gap at 7")));
    assertThat(health.fault().orElseThrow()).contains("a gap at 7");
  }

  @Test
  void aTrainerIsReadyOnceItsLoopRuns() {
    TrainHealth health = new TrainHealth(() -> nanos, r -> {});
    BooleanSupplier stop = health.running(() -> true);
    assertThat(health.notReady()).contains("starting");
    assertThat(stop.getAsBoolean()).as("the same answer").isTrue();
    assertThat(health.notReady()).isEmpty();
    pass(Duration.ofDays(1));
    assertThat(health.notReady()).as("no examples for a day").isEmpty();
    assertThat(health.running(() -> false).getAsBoolean()).isFalse();
  }

  @Test
  void aTrainerIsNotReadyWhileItHearsOfAnOutage() {
    TrainHealth health = new TrainHealth(() -> nanos, r -> {});
    assertThat(health.running(() -> false).getAsBoolean()).isFalse();
    health.notice("the broker is away");
    assertThat(health.notReady()).contains("the broker is away");
    pass(TrainHealth.NOTICE_AGE_MAX);
    assertThat(health.notReady()).isPresent();
    pass(MOMENT);
    assertThat(health.notReady()).isEmpty();

    health.notice("the broker is away");
    health.learned(TrainMetersTest.report(1, false));
    assertThat(health.notReady()).as("a step was learned").isEmpty();

    assertThat(health.fault()).isEmpty();
    health.failed(new IllegalStateException("fenced"));
    assertThat(health.fault().orElseThrow()).contains("fenced");
  }
}
