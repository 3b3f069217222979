package dev.remask.trainer.log;

import dev.remask.schemas.Outage;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.errors.TimeoutException;

/** One thing that may be away for a while. Not thread-safe. */
final class Absence {
  private final String what;
  private final Duration max;
  private final Outage outage;

  /**
   * @param what is tried, as in "reading plans": for the lines that people read
   */
  Absence(String what, Duration max, Outage outage) {
    this.what = what;
    this.max = max;
    this.outage = outage;
  }

  /**
   * Returns after a pause if it may be tried again.
   *
   * @param stop asked while pausing
   * @throws TimeoutException saying so, if it has been away for too long
   * @throws RuntimeException the failure itself, if nothing is away
   */
  void bear(RuntimeException failure, BooleanSupplier stop) {
    try {
      outage.bear(failure, stop);
    } catch (RuntimeException e) {
      if (e == failure && Outage.is(failure)) {
        throw new TimeoutException(
            "%s has failed for more than %d s: %s".formatted(what, max.toSeconds(), root(failure)),
            failure);
      }
      throw e;
    }
  }

  /** It is there. */
  void over() {
    outage.over();
  }

  private static String root(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }
}
