package dev.remask.topology;

import dev.remask.schemas.PlannedEpoch;
import dev.remask.topology.ExamplesLog.Place;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.IntToLongFunction;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;

/**
 * How far a masker is ahead of the trainer, and whether it should wait (invariant 10).
 *
 * <p>The distance is counted in examples, by sequence. Offsets only overestimate it, by markers and
 * aborted records, so they serve as the cheap first test; trusting them further could stop a masker
 * for whose examples the trainer waits.
 */
final class Backpressure implements AutoCloseable {
  private final Admin admin;
  private final ExamplesLog examples;
  private final String trainer;
  private final long aheadMax;

  /**
   * @param clients what every client gets
   */
  Backpressure(Admin admin, Map<String, ?> clients, StreamSettings settings, String run) {
    this.admin = admin;
    this.examples = new ExamplesLog(clients);
    this.trainer = settings.topics().trainerId(run);
    this.aheadMax = settings.examplesAheadMax();
  }

  /**
   * Whether the masker should wait: the least-ahead of its working partitions is over the mark. The
   * same mark for pausing and going on: a trainer in the middle of a window may need up to a
   * logical batch and two windows before it moves, so half of the mark would not do.
   *
   * @param working partitions of this instance that still have segments to mask; one that has none
   *     must not keep the others going
   */
  boolean mustWait(
      String topic,
      int partitions,
      Collection<Integer> working,
      SortedMap<Integer, PlannedEpoch> plans) {
    Map<Integer, Long> starts = GroupProgress.starts(admin, topic, partitions);
    Map<Integer, Long> ends = GroupProgress.stableEnds(admin, topic, partitions);
    Map<Integer, Long> learned = GroupProgress.committed(admin, trainer, topic);
    Map<Integer, Long> from = new HashMap<>(starts);
    learned.forEach((partition, offset) -> from.merge(partition, offset, Math::max));
    return allOver(
        aheadMax,
        working,
        partition -> ends.getOrDefault(partition, 0L) - from.getOrDefault(partition, 0L),
        partition ->
            ahead(new TopicPartition(topic, partition), from.getOrDefault(partition, 0L), plans));
  }

  /** Whether every one of these partitions, and there is one, is further ahead than the mark. */
  static boolean allOver(
      long mark, Collection<Integer> working, IntToLongFunction offsets, IntToLongFunction ahead) {
    return !working.isEmpty()
        && working.stream()
            .allMatch(p -> offsets.applyAsLong(p) > mark && ahead.applyAsLong(p) > mark);
  }

  private long ahead(TopicPartition partition, long from, SortedMap<Integer, PlannedEpoch> plans) {
    Optional<Place> first = examples.first(partition, from);
    Optional<Place> last = examples.last(partition);
    return first.isEmpty() || last.isEmpty()
        ? 0
        : distance(first.get(), last.get(), partition.partition(), plans) + 1;
  }

  /** Examples of a partition from one place to a later one, across the ends of epochs between. */
  static long distance(
      Place from, Place to, int partition, SortedMap<Integer, PlannedEpoch> plans) {
    long distance = to.sequence() - from.sequence();
    for (int epoch = from.epoch(); epoch < to.epoch(); epoch++) {
      PlannedEpoch planned = plans.get(epoch);
      if (planned == null || planned.plan().getEnds() == null) {
        throw new IllegalStateException("examples of epoch " + epoch + ", which has no bounds");
      }
      distance += planned.plan().getEnds().get(partition);
    }
    return distance;
  }

  @Override
  public void close() {
    examples.close();
  }
}
