package dev.remask.topology;

import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.Topics;
import dev.remask.topology.ExamplesLog.Place;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** How far the masker of an epoch is, told by the log of examples: from any process, without it. */
public final class MaskerProgress {
  private MaskerProgress() {}

  /**
   * The sequence after the last committed example of an epoch, per partition {@code [P]}; 0 where
   * there is none.
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
}
