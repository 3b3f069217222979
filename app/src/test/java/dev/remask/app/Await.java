package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for what another process does. */
final class Await {
  private static final Duration LOOK = Duration.ofMillis(20);

  private Await() {}

  /** Fails if it does not become true in time. */
  static void until(String what, Duration atMost, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      Thread.sleep(LOOK.toMillis());
    }
  }
}
