package dev.remask.topology;

import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.Topics;
import dev.remask.topology.ExamplesLog.Place;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** How far the masker of an epoch is, from any process, whether or not it runs. */
public final class MaskerProgress {
  private MaskerProgress() {}

  /**
   * The sequence after the last example of an epoch that can be read, per partition {@code [P]}; 0
   * where there is none. By the log of examples alone, so what was purged to the last example of a
   * partition counts as not masked.
   *
   * @param clients what every client gets
   * @throws UnknownTopicOrPartitionException if the run's topics do not exist
   */
  public static long[] masked(
      Map<String, ?> clients, Topics topics, PlannedEpoch epoch, int partitions) {
    String topic = MaskingTopology.examples(topics, epoch.run(), epoch.epoch(), partitions).name();
    long[] masked = new long[partitions];
    try (ExamplesLog log = new ExamplesLog(clients)) {
      for (int partition = 0; partition < partitions; partition++) {
        masked[partition] =
            masked(epoch, partition, log.last(new TopicPartition(topic, partition)));
      }
    }
    return masked;
  }

  /** Epochs come one after another: a later one in the log means that this one is whole. */
  static long masked(PlannedEpoch epoch, int partition, Optional<Place> last) {
    List<Long> ends = epoch.plan().getEnds();
    if (epoch.done() && ends != null) {
      return ends.get(partition);
    }
    int epochThere = last.map(Place::epoch).orElse(-1);
    if (epochThere > epoch.epoch() && ends != null) {
      return ends.get(partition);
    }
    return epochThere == epoch.epoch() ? last.map(Place::sequence).orElse(-1L) + 1 : 0;
  }

  /**
   * How many examples of an epoch were masked, per partition {@code [P]}, whether or not they are
   * still there. What the log no longer tells, the masker's group does; what the group no longer
   * tells, as it was reset to make examples again, the log does.
   *
   * @param clients what every client gets
   * @throws UnknownTopicOrPartitionException if the run's topics do not exist
   */
  public static long[] reached(
      Map<String, ?> clients, Topics topics, PlannedEpoch epoch, int partitions) {
    long[] reached = masked(clients, topics, epoch, partitions);
    String segments = topics.segments(epoch.plan().getDataset(), partitions).name();
    try (Admin admin = Admin.create(ClientConfigs.admin(clients));
        LogEdges log = new LogEdges(clients)) {
      Map<Integer, Long> committed =
          GroupProgress.committed(admin, topics.maskerId(epoch.run(), epoch.epoch()), segments);
      for (int p = 0; p < partitions; p++) {
        long next = next(log, new TopicPartition(segments, p), committed);
        reached[p] = reached(epoch, p, reached[p], next);
      }
    }
    return reached;
  }

  /** The group reads past the end of its plan, to where the segments ended when it began. */
  static long reached(PlannedEpoch epoch, int partition, long masked, long next) {
    List<Long> ends = epoch.plan().getEnds();
    return Math.max(masked, ends == null ? next : Math.min(next, ends.get(partition)));
  }

  /**
   * The sequence of the segment that a masker's group reads next; what lies before it is masked.
   *
   * @param committed the group's offsets, by partition
   */
  static long next(LogEdges log, TopicPartition segments, Map<Integer, Long> committed) {
    Long offset = committed.get(segments.partition());
    if (offset == null) {
      return 0;
    }
    return log.first(segments, offset)
        .map(MaskerProgress::sequence)
        .or(() -> log.last(segments).map(last -> sequence(last) + 1))
        .orElse(0L);
  }

  static long sequence(ConsumerRecord<byte[], byte[]> segment) {
    return SequenceKey.decode(segment.key()).sequence();
  }
}
