package dev.remask.topology;

import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.PlannedEpoch;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * How far a masker is ahead of the trainer, and whether it should wait (invariant 10).
 *
 * <p>The distance is counted in examples, by sequence. Offsets only overestimate it, by markers and
 * aborted records, so they serve as the cheap first test; trusting them further could stop a masker
 * for whose examples the trainer waits.
 */
final class Backpressure implements AutoCloseable {
  /** A place in the log of examples: of the next example in question. */
  record Place(int epoch, long sequence) {}

  private final Admin admin;
  private final LogEdges edges;
  private final Deserializer<MaskedExample> examples;
  private final String trainer;
  private final long aheadMax;

  Backpressure(Admin admin, StreamSettings settings, String run) {
    this.admin = admin;
    this.edges = new LogEdges(settings.clients());
    this.examples = AvroSerdes.of(MaskedExample.class, settings.clients()).deserializer();
    this.trainer = Groups.trainer(run);
    this.aheadMax = settings.examplesAheadMax();
  }

  /**
   * Whether the masker should wait: the least-ahead of its working partitions is over the mark. A
   * paused masker goes on below half of the mark, which still feeds a whole logical batch and
   * window, since the mark is twice that.
   *
   * @param working partitions of this instance that still have segments to mask; one that has none
   *     must not keep the others going
   */
  boolean mustWait(
      String topic,
      int partitions,
      Collection<Integer> working,
      boolean waiting,
      SortedMap<Integer, PlannedEpoch> plans) {
    if (working.isEmpty()) {
      return false;
    }
    long mark = waiting ? aheadMax / 2 : aheadMax;
    Map<Integer, Long> starts = GroupProgress.starts(admin, topic, partitions);
    Map<Integer, Long> ends = GroupProgress.stableEnds(admin, topic, partitions);
    Map<Integer, Long> learned = GroupProgress.committed(admin, trainer, topic);
    for (int partition : working) {
      long start = starts.getOrDefault(partition, 0L);
      long from = Math.max(start, learned.getOrDefault(partition, start));
      if (ends.getOrDefault(partition, 0L) - from <= mark
          || ahead(new TopicPartition(topic, partition), from, plans) <= mark) {
        return false;
      }
    }
    return true;
  }

  private long ahead(TopicPartition partition, long from, SortedMap<Integer, PlannedEpoch> plans) {
    Optional<Place> first = edges.first(partition, from).map(this::place);
    Optional<Place> last = edges.last(partition).map(this::place);
    return first.isEmpty() || last.isEmpty()
        ? 0
        : distance(first.get(), last.get(), partition.partition(), plans) + 1;
  }

  private Place place(ConsumerRecord<byte[], byte[]> record) {
    MaskedExample example = examples.deserialize(record.topic(), record.value());
    return new Place(example.getEpoch(), example.getSequence());
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
    edges.close();
  }
}
