package dev.remask.topology;

import dev.remask.schemas.Outage;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks again and again until the instance closes, and bears outages. It never ends in silence:
 * without it the topologies would go on without backpressure (invariant 10).
 */
final class Watcher implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Watcher.class);
  private static final Duration POLL = Duration.ofMillis(200);

  private final CountDownLatch closing;
  private final Runnable look;
  private final Outage outage;
  private final Consumer<Throwable> failed;

  /**
   * @param failed told what ended it, whatever that is, unless it was asked to end
   */
  Watcher(CountDownLatch closing, Runnable look, Outage outage, Consumer<Throwable> failed) {
    this.closing = closing;
    this.look = look;
    this.outage = outage;
    this.failed = failed;
  }

  @Override
  public void run() {
    try {
      while (!closing.await(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
        lookOnce();
      }
    } catch (Throwable e) {
      if (!isClosing()) {
        LOG.error("The instance ends", e);
        failed.accept(e);
      }
    }
  }

  private void lookOnce() {
    try {
      look.run();
      outage.over();
    } catch (RuntimeException e) {
      if (!isClosing()) {
        outage.bear(e, this::isClosing);
      }
    }
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }
}
