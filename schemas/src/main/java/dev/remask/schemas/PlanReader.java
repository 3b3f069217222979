package dev.remask.schemas;

import java.util.Map;
import java.util.SortedMap;

/**
 * The plans topic, folded: the first plan of a run and epoch wins. Reads committed records only.
 * Not thread-safe.
 */
public final class PlanReader implements AutoCloseable {
  /**
   * @param config what every client gets: {@code bootstrap.servers}, {@code schema.registry.url}
   *     and what passes through
   */
  public PlanReader(Map<String, ?> config, Topics topics) {}

  /** Reads all that is committed now. */
  public void readToEnd() {
    throw new UnsupportedOperationException();
  }

  /** What is known of a run, by epoch; empty for a run that was never planned. */
  public SortedMap<Integer, PlannedEpoch> epochs(String run) {
    throw new UnsupportedOperationException();
  }

  /** All runs, by name, then epoch. */
  public SortedMap<String, SortedMap<Integer, PlannedEpoch>> runs() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
