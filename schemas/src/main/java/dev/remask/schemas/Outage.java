package dev.remask.schemas;

import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Bears with a broker or a registry that is away (invariant 12): a pause after each failure, a line
 * now and then, and an end to it. Not thread-safe.
 */
public final class Outage {
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration SAY_EVERY = Duration.ofSeconds(10);

  private final Duration max;
  private final Consumer<String> notices;
  private final LongSupplier nanoTime;
  private boolean away;
  private long sinceNs;
  private long saidNs;

  /**
   * @param max how long in one go, before the failure is thrown
   * @param notices hears a line at the start of an outage, every ten seconds, and at its end
   */
  public Outage(Duration max, Consumer<String> notices, LongSupplier nanoTime) {
    this.max = max;
    this.notices = notices;
    this.nanoTime = nanoTime;
  }

  /** Whether a failure says that something cannot be reached now, and not that it was refused. */
  public static boolean is(Throwable failure) {
    return !isRefusal(failure) && anyCause(failure, Outage::isAway);
  }

  /** Whether a failure says that this program may not: waiting does not help. */
  public static boolean isRefusal(Throwable failure) {
    return anyCause(
        failure,
        cause ->
            cause instanceof AuthenticationException || cause instanceof AuthorizationException);
  }

  private static boolean isAway(Throwable cause) {
    // Kafka would ask again for a topic that is not there; but it was answered.
    return (cause instanceof RetriableException
            && !(cause instanceof UnknownTopicOrPartitionException))
        // Confluent's serde wraps what its connection says.
        || cause instanceof SocketException
        || cause instanceof SocketTimeoutException
        || cause instanceof UnknownHostException
        // A client that is made while its broker's host has no address: how containers go away.
        || (cause instanceof ConfigException
            && String.valueOf(cause.getMessage()).startsWith("No resolvable bootstrap urls"));
  }

  private static boolean anyCause(Throwable failure, Predicate<Throwable> test) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (test.test(cause)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns after a pause if it may be tried again.
   *
   * @param stop asked while pausing
   * @throws RuntimeException the failure itself, if it is no outage or has lasted too long
   */
  public void bear(RuntimeException failure, BooleanSupplier stop) {
    if (!is(failure)) {
      throw failure;
    }
    long now = nanoTime.getAsLong();
    if (!away) {
      away = true;
      sinceNs = now;
      saidNs = now - SAY_EVERY.toNanos();
    }
    long lasted = now - sinceNs;
    if (lasted > max.toNanos()) {
      throw failure;
    }
    if (now - saidNs >= SAY_EVERY.toNanos()) {
      saidNs = now;
      notices.accept(
          "no answer for "
              + Duration.ofNanos(lasted).toSeconds()
              + " s, giving up after "
              + max.toSeconds()
              + " s: "
              + reason(failure));
    }
    pause(stop);
  }

  /** What was asked for is there. */
  public void over() {
    if (away) {
      away = false;
      notices.accept("it is back");
    }
  }

  /** Who did not answer to what, in one line; what lies below that is for the log. */
  public static String reason(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null && !(isAway(cause) && cause.getMessage() != null)) {
      cause = cause.getCause();
    }
    String message = String.valueOf(cause.getMessage());
    return cause.getMessage() == null
        ? cause.getClass().getSimpleName()
        : message.lines().findFirst().orElse(message);
  }

  private void pause(BooleanSupplier stop) {
    long until = nanoTime.getAsLong() + PAUSE.toNanos();
    while (nanoTime.getAsLong() < until && !stop.getAsBoolean()) {
      try {
        Thread.sleep(LOOK.toMillis());
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    }
  }
}
