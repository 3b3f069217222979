package dev.remask.app;

import java.time.Duration;

/** How fast documents are written: when the next one is due. */
interface Pace {
  /**
   * Nanoseconds after the first.
   *
   * @param written documents that were written
   * @param share of all documents that these are, from 0 to 1
   */
  double due(long written, double share);

  Pace UNLIMITED = (written, share) -> 0;

  /** Evenly over a time. */
  static Pace over(Duration time) {
    return (written, share) -> share * time.toNanos();
  }

  static Pace perSecond(double documents) {
    return (written, share) -> written / documents * 1e9;
  }
}
