package dev.remask.topology;

import dev.remask.schemas.Outage;
import dev.remask.topology.GroupProgress.Position;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.streams.errors.MissingSourceTopicException;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of a topology when one of its threads has failed (invariant 12). An outage: the
 * thread waits, keeping its partitions, and another takes its place, which begins at the committed
 * offsets. Anything else ends the topology.
 */
final class FailedThreads implements StreamsUncaughtExceptionHandler {
  private static final Logger LOG = LoggerFactory.getLogger(FailedThreads.class);

  /** How long a topology with nothing to do must not have failed to count as well. */
  static final Duration QUIET = Duration.ofSeconds(60);

  private static final Duration LOOK_EVERY = Duration.ofSeconds(2);

  private final String source;
  private final Outage outage;
  private final Runnable probe;
  private final BooleanSupplier closing;
  private final Consumer<Throwable> failed;
  private final LongSupplier nanoTime;
  private volatile boolean away;

  /** Held while a failure is borne, and for what follows. */
  private final ReentrantLock handling = new ReentrantLock();

  private long failedNs;
  private long lookedNs;

  /** By partition, the first position that was seen after the last failure. */
  private final Map<Integer, Long> reached = new HashMap<>();

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
  public StreamThreadExceptionResponse handle(Throwable exception) {
    // A replacement's failure would be printed by the JVM as well: Kafka Streams sees to this for
    // the first threads only.
    Thread.currentThread().setUncaughtExceptionHandler((thread, known) -> {});
    handling.lock();
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
    } finally {
      failedNs = nanoTime.getAsLong();
      lookedNs = failedNs;
      reached.clear();
      handling.unlock();
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

  /**
   * Called now and then by another thread: ends the outage once there is evidence that it is over.
   * That no thread fails is none, for one call to a registry that accepts and never answers takes
   * minutes. Nor is a record that was processed, for a new thread begins with those that were
   * processed already. What is committed is: see {@link #goesOn}.
   *
   * @param positions of the partitions that the topology works on now; none if it has nothing to do
   *     at all, empty while that cannot be told. Asked only while there is an outage
   */
  void look(Supplier<Optional<Map<Integer, Position>>> positions) {
    if (!away || !handling.tryLock()) {
      return;
    }
    try {
      long now = nanoTime.getAsLong();
      if (now - lookedNs >= LOOK_EVERY.toNanos()) {
        lookedNs = now;
        positions.get().filter(this::goesOn).ifPresent(evidence -> over());
      }
    } finally {
      handling.unlock();
    }
  }

  /**
   * Whether each partition has been committed further since the last failure, or has no more to
   * read; and if none was committed, whether no thread has failed for long either.
   */
  private boolean goesOn(Map<Integer, Position> positions) {
    boolean anyFurther = false;
    boolean stuck = false;
    for (Map.Entry<Integer, Position> partition : positions.entrySet()) {
      Position position = partition.getValue();
      @Nullable Long before = reached.putIfAbsent(partition.getKey(), position.next());
      boolean further = before != null && position.next() > before;
      stuck |= !further && !position.isAtEnd();
      anyFurther |= further;
    }
    return !stuck && (anyFurther || nanoTime.getAsLong() - failedNs > QUIET.toNanos());
  }

  private void over() {
    away = false;
    outage.over();
  }

  /** What a new thread mends as it mends an outage is borne as one. */
  private static RuntimeException unchecked(Throwable exception) {
    for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
      // Kafka Streams asks for the position of a partition it has just taken over before the
      // consumer has one, if the commit comes first; its own reset happens in the next poll.
      if (cause instanceof NoOffsetForPartitionException) {
        return new TimeoutException("no position yet: " + cause.getMessage(), exception);
      }
      // A commit that is under way when the broker's time for the transaction runs out: the
      // broker rolls it back, and calls fatal what is a fencing (KAFKA-20785) or trips over itself.
      if (cause instanceof InvalidTxnStateException) {
        return new TimeoutException("the broker has ended the transaction", exception);
      }
      if (isBrokersFault(cause)) {
        return new TimeoutException("the broker failed: " + cause.getMessage(), exception);
      }
    }
    return exception instanceof RuntimeException failure
        ? failure
        : new StreamsException(exception);
  }

  /** The producer hands on no more than the words. */
  private static boolean isBrokersFault(Throwable cause) {
    return cause instanceof KafkaException
        && String.valueOf(cause.getMessage()).endsWith(Errors.UNKNOWN_SERVER_ERROR.message());
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
