package dev.remask.app;

import dev.remask.topology.StreamStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Health of a streaming instance: ready while packer and live lane have their partitions and the
 * instance's last look at Kafka is recent.
 */
final class StreamHealth implements Health {
  /** A look takes a fraction of a second, and a minute at most before Kafka's client gives up. */
  static final Duration LOOK_AGE_MAX = Duration.ofSeconds(30);

  private final Supplier<StreamStatus> status;
  private final Supplier<Optional<Throwable>> failure;
  private final LongSupplier nanoTime;
  private StreamStatus seen;
  private long seenNs;

  /**
   * @param status another object after each look at Kafka, the same until then
   * @param failure what ended the instance, if something did
   */
  StreamHealth(
      Supplier<StreamStatus> status, Supplier<Optional<Throwable>> failure, LongSupplier nanoTime) {
    this.status = status;
    this.failure = failure;
    this.nanoTime = nanoTime;
    this.seen = status.get();
    this.seenNs = nanoTime.getAsLong();
  }

  @Override
  public Optional<String> fault() {
    return failure.get().map(Throwable::toString);
  }

  @Override
  public Optional<String> notReady() {
    StreamStatus now = status.get();
    Duration age = age(now);
    if (age.compareTo(LOOK_AGE_MAX) > 0) {
      return Optional.of("no answer of Kafka for " + age.toSeconds() + " s");
    }
    return now.isRunning()
        ? Optional.empty()
        : Optional.of(
            "packer %s, live lane %s".formatted(now.packer().state(), now.live().state()));
  }

  /** How long the status has been the same object, as far as anybody asked. */
  @SuppressWarnings("ReferenceEquality") // an idle instance has equal ones, look after look
  private synchronized Duration age(StreamStatus now) {
    long nowNs = nanoTime.getAsLong();
    if (now != seen) {
      seen = now;
      seenNs = nowNs;
    }
    return Duration.ofNanos(nowNs - seenNs);
  }
}
