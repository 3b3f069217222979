package dev.remask.trainer.log;

import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Remembers at which offsets of a partition runs of records begin, for purging. Sparse: one entry
 * for each run of consecutive offsets. Thread-safe.
 */
final class Boundaries {
  private final TreeMap<Place, Long> runs = new TreeMap<>();
  private Place lastPlace = new Place(-1, -1);
  private long last = -1;

  synchronized void taken(Place place, long offset) {
    if (!place.equals(lastPlace.next()) || offset != last) {
      runs.put(place, offset);
    }
    lastPlace = place;
    last = offset + 1;
  }

  /** The offset after the last record taken; -1 before the first. */
  synchronized long last() {
    return last;
  }

  /**
   * The offset below which everything comes before {@code place}; empty if that is not known.
   * Forgets what lies before.
   */
  synchronized OptionalLong before(Place place) {
    if (place.compareTo(lastPlace) > 0) {
      return last < 0 ? OptionalLong.empty() : OptionalLong.of(last);
    }
    Map.Entry<Place, Long> run = runs.floorEntry(place);
    if (run == null) {
      return OptionalLong.empty();
    }
    runs.headMap(run.getKey(), false).clear();
    long into =
        place.epoch() == run.getKey().epoch() ? place.sequence() - run.getKey().sequence() : 0;
    return OptionalLong.of(run.getValue() + into);
  }
}
