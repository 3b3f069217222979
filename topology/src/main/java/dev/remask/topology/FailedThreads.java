package dev.remask.topology;

import dev.remask.schemas.Outage;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.streams.errors.MissingSourceTopicException;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of a topology when one of its threads has failed (invariant 12). An outage: the
 * thread waits, keeping its partitions, and another takes its place, which begins at the committed
 * offsets. Anything else ends the topology.
 */
final class FailedThreads implements StreamsUncaughtExceptionHandler {
  private static final Logger LOG = LoggerFactory.getLogger(FailedThreads.class);

  /**
   * Longer than it takes a new thread to join the group, to read and to give the registry up again:
   * a thread that has not failed for so long works.
   */
  static final Duration QUIET = Duration.ofSeconds(60);

  private final String source;
  private final Outage outage;
  private final Runnable probe;
  private final BooleanSupplier closing;
  private final Consumer<Throwable> failed;
  private final LongSupplier nanoTime;
  private volatile long failedNs;
  private volatile boolean away;

  /**
   * @param source the topic that the topology reads
   * @param probe makes a client as a new thread will, or throws; a thread whose clients cannot be
   *     made is not replaced by Kafka Streams, and the topology would stand still
   * @param closing whether the topology is being closed, when nothing matters any more
   * @param failed told what ends the topology
   */
  FailedThreads(
      String source,
      Outage outage,
      Runnable probe,
      BooleanSupplier closing,
      Consumer<Throwable> failed,
      LongSupplier nanoTime) {
    this.source = source;
    this.outage = outage;
    this.probe = probe;
    this.closing = closing;
    this.failed = failed;
    this.nanoTime = nanoTime;
  }

  @Override
  public synchronized StreamThreadExceptionResponse handle(Throwable exception) {
    // A replacement's failure would be printed by the JVM as well: Kafka Streams sees to this for
    // the first threads only.
    Thread.currentThread().setUncaughtExceptionHandler((thread, known) -> {});
    failedNs = nanoTime.getAsLong();
    away = true;
    try {
      RuntimeException failure = unchecked(exception);
      do {
        outage.bear(failure, closing);
      } while (!closing.getAsBoolean() && !canBeReplaced());
      return closing.getAsBoolean()
          ? StreamThreadExceptionResponse.SHUTDOWN_CLIENT
          : StreamThreadExceptionResponse.REPLACE_THREAD;
    } catch (RuntimeException e) {
      LOG.error("the topology that reads {} ends", source, exception);
      failed.accept(explained(exception));
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    }
  }

  private boolean canBeReplaced() {
    try {
      probe.run();
      return true;
    } catch (RuntimeException e) {
      LOG.debug("no client can be made", e);
      return false;
    }
  }

  /** Called now and then by another thread: ends the outage once no thread has failed for long. */
  void look() {
    if (away && nanoTime.getAsLong() - failedNs > QUIET.toNanos()) {
      synchronized (this) {
        away = false;
        outage.over();
      }
    }
  }

  /**
   * Kafka Streams asks for the position of a partition it has just taken over before the consumer
   * has one, if the commit comes first; its own reset happens in the next poll. A new thread begins
   * with that, so this is no more than an answer that is late.
   */
  private static RuntimeException unchecked(Throwable exception) {
    for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
      if (cause instanceof NoOffsetForPartitionException) {
        return new TimeoutException("no position yet: " + cause.getMessage(), exception);
      }
    }
    return exception instanceof RuntimeException failure
        ? failure
        : new StreamsException(exception);
  }

  private Throwable explained(Throwable exception) {
    for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
      if (cause instanceof MissingSourceTopicException) {
        return new IllegalStateException("topic " + source + " does not exist", exception);
      }
    }
    return exception;
  }
}
