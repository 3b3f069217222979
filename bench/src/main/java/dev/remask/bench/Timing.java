package dev.remask.bench;

import java.time.Duration;

/** Wall-clock time of work on the calling thread, or of what it waits for. */
final class Timing {
  /** A run is repeated for this long, so that neither the clock nor one interruption decides. */
  static final Duration LEAST = Duration.ofMillis(400);

  /** What every work has made, for the compiler to believe that somebody needs it. */
  static volatile long made;

  private Timing() {}

  /** Returns a number that depends on all it did, so that none of it can be optimized away. */
  interface Work {
    long run() throws Exception;
  }

  static double seconds(Work work) throws Exception {
    long start = System.nanoTime();
    made = work.run();
    return (System.nanoTime() - start) / 1e9;
  }

  /** Units a second, if the work handles that many; it is repeated for {@link #LEAST}. */
  static double rate(double units, Work work) throws Exception {
    double seconds = 0;
    int passes = 0;
    while (seconds < LEAST.toNanos() / 1e9) {
      seconds += seconds(work);
      passes++;
    }
    return passes * units / seconds;
  }
}
