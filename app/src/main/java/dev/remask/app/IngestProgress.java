package dev.remask.app;

import java.util.Locale;
import java.util.function.LongSupplier;

/** How an ingest goes, in a line: documents, how many a second, and how long it will take. */
final class IngestProgress {
  private static final double SECONDS_MIN = 0.5;

  private final LongSupplier nanoTime;
  private final long start;

  IngestProgress(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.start = nanoTime.getAsLong();
  }

  /**
   * @param share of all documents that these are, from 0 to 1; NaN where nobody knows
   */
  String line(long documents, double share) {
    String line = String.format(Locale.ROOT, "%,d documents", documents);
    double seconds = (nanoTime.getAsLong() - start) / 1e9;
    if (documents == 0 || seconds < SECONDS_MIN) {
      return line;
    }
    line += ", " + ProgressLine.count(documents / seconds) + "/s";
    return share > 0
        ? line
            + String.format(Locale.ROOT, " · %.0f %%, ", Math.floor(100 * share))
            + ProgressLine.time(seconds * (1 - share) / share)
            + " left"
        : line;
  }
}
