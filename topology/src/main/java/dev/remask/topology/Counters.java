package dev.remask.topology;

import java.util.concurrent.atomic.LongAdder;

/** Counts what the topologies of one instance do, as {@link StreamStatus.Counts}. Thread-safe. */
public final class Counters {
  private final LongAdder documents = new LongAdder();
  private final LongAdder segments = new LongAdder();
  private final LongAdder examples = new LongAdder();
  private final LongAdder pauses = new LongAdder();

  void document() {
    documents.increment();
  }

  void segment() {
    segments.increment();
  }

  void example() {
    examples.increment();
  }

  void pause() {
    pauses.increment();
  }

  public StreamStatus.Counts counts() {
    return new StreamStatus.Counts(documents.sum(), segments.sum(), examples.sum(), pauses.sum());
  }
}
