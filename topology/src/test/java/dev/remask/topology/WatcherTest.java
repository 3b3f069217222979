package dev.remask.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.schemas.Outage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(30)
class WatcherTest {
  private final CountDownLatch closing = new CountDownLatch(1);
  private final List<String> lines = new ArrayList<>();
  private final List<Throwable> ends = new ArrayList<>();

  private void run(Runnable look) {
    new Watcher(
            closing,
            look,
            new Outage(Duration.ofMinutes(5), lines::add, System::nanoTime),
            ends::add)
        .run();
  }

  static Throwable[] ends() {
    return new Throwable[] {
      new OutOfMemoryError("heap"),
      new NoClassDefFoundError("gone"),
      new AssertionError("wrong"),
      new IllegalStateException("a broken invariant"),
    };
  }

  @ParameterizedTest
  @MethodSource("ends")
  void whateverEndsItIsTold(Throwable end) {
    run(() -> WatcherTest.<RuntimeException>sneak(end));
    assertThat(ends).containsExactly(end);
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void sneak(Throwable end) throws E {
    throw (E) end;
  }

  @Test
  void anInterruptIsTold() {
    run(() -> Thread.currentThread().interrupt());
    assertThat(ends).singleElement().isInstanceOf(InterruptedException.class);
  }

  @Test
  void anOutageIsBorneUntilItIsOver() {
    AtomicInteger looks = new AtomicInteger();
    run(
        () -> {
          if (looks.incrementAndGet() == 1) {
            throw new TimeoutException("broker");
          }
          if (looks.get() == 3) {
            closing.countDown();
          }
        });
    assertThat(lines).hasSize(2).last().isEqualTo("it is back");
    assertThat(ends).isEmpty();
  }

  @Test
  void whatHappensWhileItClosesIsNoFailure() {
    run(
        () -> {
          closing.countDown();
          throw new IllegalStateException("closed under it");
        });
    assertThat(ends).isEmpty();
  }
}
