package dev.remask.trainer;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** A wish to end, and how long it is bearable to wait since. */
final class Stop {
  private final BooleanSupplier stop;
  private final Duration grace;
  private final LongSupplier nanoTime;
  private boolean seen;
  private long seenNs;

  Stop(BooleanSupplier stop, Duration grace, LongSupplier nanoTime) {
    this.stop = stop;
    this.grace = grace;
    this.nanoTime = nanoTime;
  }

  /** Any thread. */
  boolean asked() {
    return stop.getAsBoolean();
  }

  /** Whether the grace has passed since this first saw that it was asked. The loop's thread. */
  boolean overdue() {
    if (!seen && asked()) {
      seen = true;
      seenNs = nanoTime.getAsLong();
    }
    return seen && nanoTime.getAsLong() - seenNs >= grace.toNanos();
  }
}
