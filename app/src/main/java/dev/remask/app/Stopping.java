package dev.remask.app;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A signal asks the work of a command to end, and gives it the time to end well. What then has not
 * ended goes down with the process: all that counts is in the logs.
 */
final class Stopping implements AutoCloseable {
  private static final Duration END_MAX = Duration.ofSeconds(9);

  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);

  private Stopping() {}

  /** To be closed when the work has ended. */
  static Stopping onSignal() {
    Stopping stopping = new Stopping();
    Runtime.getRuntime().addShutdownHook(new Thread(stopping::stop, "remask-stop"));
    return stopping;
  }

  boolean asked() {
    return asked.getCount() == 0;
  }

  /** Whether the work should end; waits a while for it. */
  boolean await(Duration atMost) throws InterruptedException {
    return asked.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void stop() {
    asked.countDown();
    try {
      if (!ended.await(END_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        System.err.println("remask: did not end in time; the next start goes on from the logs");
        ProcessHandle.current().children().forEach(ProcessHandle::destroy);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    ended.countDown();
  }
}
