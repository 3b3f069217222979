package dev.remask.schemas;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * The plans topic, folded: the first plan of a run and epoch wins, until the run is deleted. Reads
 * committed records only. Not thread-safe.
 */
public final class PlanReader implements AutoCloseable {
  private static final Duration CLOSE_MAX = Duration.ofMillis(500);

  private final Topic<PlanEvent> topic;
  private final KafkaConsumer<byte[], PlanEvent> consumer;
  private final Plans plans = new Plans();

  /**
   * @param config what every client gets: {@code bootstrap.servers}, {@code schema.registry.url}
   *     and what passes through
   */
  public PlanReader(Map<String, ?> config, Topics topics) {
    topic = topics.plans();
    consumer = LogReader.consumer(config, AvroSerdes.of(topic.valueType(), config).deserializer());
  }

  /**
   * Reads all that is committed now. The topic must exist. IllegalStateException if it holds what
   * no planner writes, such as the end of an epoch that has no plan.
   */
  public void readToEnd() {
    if (consumer.assignment().isEmpty()) {
      List<TopicPartition> partitions = LogReader.partitions(consumer, topic);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
    }
    LogScan.drain(
        consumer,
        consumer.endOffsets(consumer.assignment()),
        record -> plans.apply(record.key(), record.value()));
  }

  /** What is known of a run, by epoch; empty for a run that was never planned. */
  public SortedMap<Integer, PlannedEpoch> epochs(String run) {
    return plans.epochs(run);
  }

  /** All runs, by name, then epoch. */
  public SortedMap<String, SortedMap<Integer, PlannedEpoch>> runs() {
    return plans.runs();
  }

  @Override
  public void close() {
    // It is in no group, so there is nobody to wait for when the broker is away.
    consumer.close(CloseOptions.timeout(CLOSE_MAX));
  }
}
