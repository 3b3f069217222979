package dev.remask.schemas;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Single committed records of topics of any form, wherever they lie: one consumer for all of them,
 * which holds one record and little beside it. Errors as {@link LogReader}. Not thread-safe.
 */
public final class RecordReader implements AutoCloseable {
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Map<String, Set<Integer>> partitions = new HashMap<>();

  public RecordReader(Map<String, ?> config) {
    Map<String, Object> oneByOne = ClientConfigs.logReader(config);
    oneByOne.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
    // For one record; if it is larger it comes all the same (KIP-74).
    oneByOne.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 64 * 1024);
    var bytes = new ByteArrayDeserializer();
    consumer = new KafkaConsumer<>(oneByOne, bytes, bytes);
  }

  /**
   * What is at an offset; empty if there is nothing any more, or no such topic. A topic that was
   * not there when it was first asked for is not looked for again.
   */
  public Optional<ConsumerRecord<byte[], byte[]>> at(String topic, int partition, long offset) {
    if (!partitions.computeIfAbsent(topic, this::existing).contains(partition)) {
      return Optional.empty();
    }
    TopicPartition place = new TopicPartition(topic, partition);
    List<TopicPartition> one = List.of(place);
    consumer.assign(one);
    if (offset < consumer.beginningOffsets(one).getOrDefault(place, 0L)
        || offset >= consumer.endOffsets(one).getOrDefault(place, 0L)) {
      return Optional.empty();
    }
    consumer.seek(place, offset);
    List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>(1);
    LogScan.drain(consumer, Map.of(place, offset + 1), found::add);
    return found.stream().findFirst();
  }

  private Set<Integer> existing(String topic) {
    try {
      return LogReader.existing(consumer, topic).stream()
          .map(PartitionInfo::partition)
          .collect(Collectors.toSet());
    } catch (UnknownTopicOrPartitionException e) {
      return Set.of();
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
