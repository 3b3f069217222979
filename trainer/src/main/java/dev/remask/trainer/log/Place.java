package dev.remask.trainer.log;

import java.util.Comparator;

/** Where a record stands in its partition; a segment's epoch is 0. */
record Place(int epoch, long sequence) implements Comparable<Place> {
  private static final Comparator<Place> ORDER =
      Comparator.comparingInt(Place::epoch).thenComparingLong(Place::sequence);

  Place next() {
    return new Place(epoch, sequence + 1);
  }

  @Override
  public int compareTo(Place other) {
    return ORDER.compare(this, other);
  }
}
