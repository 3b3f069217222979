package dev.remask.schemas;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Reads a kept topic as it is now: what is committed, without a group. A topic that does not exist
 * ends in an UnknownTopicOrPartitionException, one with another number of partitions than declared
 * in a ConfigException, a broker that stops answering in a TimeoutException.
 */
public final class LogReader {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration SILENCE_MAX = Duration.ofSeconds(60);

  /** Offsets to step back first, and how much further each next step reaches. */
  private static final long STEP = 64;

  private static final long STEP_GROWTH = 8;

  private LogReader() {}

  /**
   * Passes every committed record of all partitions up to the present end, in order within a
   * partition.
   */
  public static <V extends SpecificRecord> void readAll(
      Map<String, ?> config, Topic<V> topic, Consumer<ConsumerRecord<byte[], V>> sink) {
    Deserializer<V> values = AvroSerdes.of(topic.valueType(), config).deserializer();
    try (var consumer = consumer(config, values)) {
      List<TopicPartition> partitions = partitions(consumer, topic);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      drain(consumer, consumer.endOffsets(partitions), sink);
    }
  }

  /**
   * The sequence after that of the last committed record, per partition {@code [P]}: 0 where there
   * is none. Steps back over transaction markers, so it never counts by offsets.
   */
  public static long[] endSequences(Map<String, ?> config, Topic<Segment> segments) {
    try (var consumer = consumer(config, new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = partitions(consumer, segments);
      return partitions.stream().mapToLong(p -> endSequence(consumer, p)).toArray();
    }
  }

  static <V> KafkaConsumer<byte[], V> consumer(Map<String, ?> config, Deserializer<V> values) {
    return new KafkaConsumer<>(
        ClientConfigs.logReader(config), new ByteArrayDeserializer(), values);
  }

  static List<TopicPartition> partitions(
      org.apache.kafka.clients.consumer.Consumer<?, ?> consumer, Topic<?> topic) {
    List<PartitionInfo> found = consumer.partitionsFor(topic.name());
    if (found == null || found.isEmpty()) {
      throw new UnknownTopicOrPartitionException("topic " + topic.name() + " does not exist");
    }
    TopicAdmin.requirePartitions(topic, found.size());
    return IntStream.range(0, topic.partitions())
        .mapToObj(p -> new TopicPartition(topic.name(), p))
        .toList();
  }

  static long endSequence(
      org.apache.kafka.clients.consumer.Consumer<byte[], ?> consumer, TopicPartition partition) {
    return lastKey(consumer, partition)
        .map(SequenceKey::decode)
        .map(
            key -> {
              if (key.partition() != partition.partition()) {
                throw new IllegalStateException(partition + " holds a record of " + key);
              }
              return key.sequence() + 1;
            })
        .orElse(0L);
  }

  /**
   * The key of the last committed record. Transaction markers and aborted records take offsets as
   * well, so the last offsets may hold none; looks further back until there is one.
   */
  private static Optional<byte[]> lastKey(
      org.apache.kafka.clients.consumer.Consumer<byte[], ?> consumer, TopicPartition partition) {
    List<TopicPartition> one = List.of(partition);
    consumer.assign(one);
    long begin = consumer.beginningOffsets(one).getOrDefault(partition, 0L);
    long end = consumer.endOffsets(one).getOrDefault(partition, 0L);
    for (long step = STEP; end > begin; step *= STEP_GROWTH) {
      long from = Math.max(begin, end - step);
      consumer.seek(partition, from);
      List<byte[]> last = new ArrayList<>(1);
      drain(
          consumer,
          Map.of(partition, end),
          record -> {
            last.clear();
            last.add(record.key());
          });
      if (!last.isEmpty()) {
        return Optional.of(last.get(0));
      }
      end = from;
    }
    return Optional.empty();
  }

  /**
   * Passes what lies between the consumer's positions and the given ends, and leaves the positions
   * at the ends.
   */
  static <K, V> void drain(
      org.apache.kafka.clients.consumer.Consumer<K, V> consumer,
      Map<TopicPartition, Long> ends,
      Consumer<ConsumerRecord<K, V>> sink) {
    long reached = -1;
    long moved = System.nanoTime();
    while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      long sum = ends.keySet().stream().mapToLong(consumer::position).sum();
      if (sum > reached) {
        reached = sum;
        moved = System.nanoTime();
      } else if (System.nanoTime() - moved > SILENCE_MAX.toNanos()) {
        throw new TimeoutException("no progress for " + SILENCE_MAX + " towards " + ends);
      }
      for (ConsumerRecord<K, V> record : consumer.poll(POLL)) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        if (record.offset() < ends.getOrDefault(partition, 0L)) {
          sink.accept(record);
        }
      }
    }
    ends.forEach((partition, end) -> consumer.seek(partition, end.longValue()));
  }
}
