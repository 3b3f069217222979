package dev.remask.schemas;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Reads a kept topic as it is now: what is committed, without a group. A topic that does not exist,
 * or does not become visible for some seconds, ends in an UnknownTopicOrPartitionException, one
 * with another number of partitions than declared in a ConfigException, a broker that stops
 * answering in a TimeoutException, and a record that cannot be read in a
 * RecordDeserializationException, whose cause tells an outage of the registry from a broken record.
 */
public final class LogReader {
  private static final long READ_AT_ONCE = 1_000;
  private static final Duration VISIBLE_MAX = Duration.ofSeconds(5);
  private static final Duration VISIBLE_PAUSE = Duration.ofMillis(100);

  private LogReader() {}

  /**
   * Passes every committed record of all partitions up to the present end, in order within a
   * partition.
   */
  public static <V extends SpecificRecord> void readAll(
      Map<String, ?> config, Topic<V> topic, Consumer<ConsumerRecord<byte[], V>> sink) {
    readOn(config, topic, new long[topic.partitions()], Long.MAX_VALUE, sink);
  }

  /**
   * The same of what is new in the first offsets of each partition. Whatever ends it early, the
   * next call goes on where this one ended.
   *
   * @param positions the offset to go on at, per partition {@code [P]}; moved after each record,
   *     and in the end to the end of what there is
   * @param offsetsMax of each partition, transaction markers included
   */
  public static <V extends SpecificRecord> void readOn(
      Map<String, ?> config,
      Topic<V> topic,
      long[] positions,
      long offsetsMax,
      Consumer<ConsumerRecord<byte[], V>> sink) {
    Deserializer<V> values = AvroSerdes.of(topic.valueType(), config).deserializer();
    try (var consumer = consumer(config, values)) {
      List<TopicPartition> partitions = partitions(consumer, topic);
      consumer.assign(partitions);
      Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
      Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions));
      ends.replaceAll((partition, end) -> Math.min(end, offsetsMax));
      for (TopicPartition p : partitions) {
        consumer.seek(p, Math.max(positions[p.partition()], begins.getOrDefault(p, 0L)));
      }
      LogScan.drain(
          consumer,
          ends,
          record -> {
            sink.accept(record);
            positions[record.partition()] = record.offset() + 1;
          });
      ends.forEach((p, end) -> positions[p.partition()] = Math.max(positions[p.partition()], end));
    }
  }

  /**
   * The same of a topic of any form, one partition after the other, until that is enough: a
   * function of the log.
   *
   * @param enough asked now and then
   */
  public static void readRaw(
      Map<String, ?> config,
      String topic,
      Consumer<ConsumerRecord<byte[], byte[]>> sink,
      BooleanSupplier enough) {
    try (var consumer = consumer(config, new ByteArrayDeserializer())) {
      for (int p :
          existing(consumer, topic).stream().map(PartitionInfo::partition).sorted().toList()) {
        TopicPartition partition = new TopicPartition(topic, p);
        List<TopicPartition> one = List.of(partition);
        consumer.assign(one);
        consumer.seekToBeginning(one);
        long end = consumer.endOffsets(one).getOrDefault(partition, 0L);
        for (long at = consumer.position(partition); at < end && !enough.getAsBoolean(); ) {
          at = Math.min(end, at + READ_AT_ONCE);
          LogScan.drain(consumer, Map.of(partition, at), sink::accept);
        }
      }
    }
  }

  /** The same of a topic of any form, as it is. */
  public static void readRaw(
      Map<String, ?> config, String topic, Consumer<ConsumerRecord<byte[], byte[]>> sink) {
    try (var consumer = consumer(config, new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          existing(consumer, topic).stream()
              .map(partition -> new TopicPartition(topic, partition.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      LogScan.drain(consumer, consumer.endOffsets(partitions), sink::accept);
    }
  }

  /**
   * The same once every transaction that is open in it now has ended: waits for that, so nothing
   * that was committed before the call is missed.
   */
  public static void readDecided(
      Map<String, ?> config, String topic, Consumer<ConsumerRecord<byte[], byte[]>> sink) {
    Map<String, Object> undecided = ClientConfigs.logReader(config);
    undecided.put(
        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
        IsolationLevel.READ_UNCOMMITTED.toString().toLowerCase(Locale.ROOT));
    var bytes = new ByteArrayDeserializer();
    try (var asking = new KafkaConsumer<>(undecided, bytes, bytes);
        var consumer = consumer(config, bytes)) {
      List<TopicPartition> partitions =
          existing(consumer, topic).stream()
              .map(partition -> new TopicPartition(topic, partition.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      LogScan.drain(consumer, asking.endOffsets(partitions), sink::accept);
    }
  }

  /**
   * The sequence after that of the last committed record, per partition {@code [P]}: 0 where there
   * is none. Steps back over transaction markers, so it never counts by offsets.
   */
  public static long[] endSequences(Map<String, ?> config, Topic<Segment> segments) {
    try (var consumer = consumer(config, new ByteArrayDeserializer())) {
      return partitions(consumer, segments).stream()
          .mapToLong(partition -> LogScan.endSequence(consumer, partition))
          .toArray();
    }
  }

  /** As {@link #endSequences}, of one partition. */
  public static long endSequence(Map<String, ?> config, Topic<Segment> segments, int partition) {
    try (var consumer = consumer(config, new ByteArrayDeserializer())) {
      return LogScan.endSequence(consumer, partitions(consumer, segments).get(partition));
    }
  }

  /**
   * One committed segment, found in a few reads wherever it lies in the log; empty if there is none
   * at this place.
   */
  public static Optional<Segment> find(
      Map<String, ?> config, Topic<Segment> segments, SequenceKey place) {
    Map<String, Object> oneByOne = ClientConfigs.logReader(config);
    oneByOne.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
    // For one record; if it is larger it comes all the same (KIP-74).
    oneByOne.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 64 * 1024);
    Deserializer<Segment> values = AvroSerdes.of(segments.valueType(), config).deserializer();
    try (var consumer = new KafkaConsumer<>(oneByOne, new ByteArrayDeserializer(), values)) {
      TopicPartition partition = partitions(consumer, segments).get(place.partition());
      return LogScan.find(consumer, partition, place.sequence()).map(ConsumerRecord::value);
    }
  }

  /**
   * Passes the committed segments of sequences {@code [from, to)} of a partition, in order, as far
   * as they are there. The first is found in a few reads wherever it lies in the log.
   */
  public static void readSequences(
      Map<String, ?> config,
      Topic<Segment> segments,
      int partition,
      long from,
      long to,
      Consumer<Segment> sink) {
    Deserializer<Segment> values = AvroSerdes.of(segments.valueType(), config).deserializer();
    try (var consumer = consumer(config, values)) {
      LogScan.sequences(
          consumer,
          partitions(consumer, segments).get(partition),
          from,
          to,
          r -> sink.accept(r.value()));
    }
  }

  /** The key of the last record of the first partition; empty if there is none. */
  public static Optional<byte[]> lastKey(
      Map<String, ?> config, Topic<?> topic, IsolationLevel isolation) {
    Map<String, Object> reader = ClientConfigs.logReader(config);
    reader.put(
        ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation.toString().toLowerCase(Locale.ROOT));
    var bytes = new ByteArrayDeserializer();
    try (var consumer = new KafkaConsumer<>(reader, bytes, bytes)) {
      return LogScan.lastKey(consumer, partitions(consumer, topic).get(0));
    }
  }

  static <V> KafkaConsumer<byte[], V> consumer(Map<String, ?> config, Deserializer<V> values) {
    return new KafkaConsumer<>(
        ClientConfigs.logReader(config), new ByteArrayDeserializer(), values);
  }

  /** As many as declared. */
  static List<TopicPartition> partitions(
      org.apache.kafka.clients.consumer.Consumer<?, ?> consumer, Topic<?> topic) {
    TopicAdmin.requirePartitions(
        topic.name(), existing(consumer, topic.name()).size(), topic.partitions());
    return IntStream.range(0, topic.partitions())
        .mapToObj(p -> new TopicPartition(topic.name(), p))
        .toList();
  }

  static List<PartitionInfo> existing(
      org.apache.kafka.clients.consumer.Consumer<?, ?> consumer, String topic) {
    return existing(consumer, topic, VISIBLE_MAX);
  }

  /** A broker may learn of a new topic after another one that was asked when it was made. */
  static List<PartitionInfo> existing(
      org.apache.kafka.clients.consumer.Consumer<?, ?> consumer, String topic, Duration max) {
    long deadline = System.nanoTime() + max.toNanos();
    List<PartitionInfo> found = consumer.partitionsFor(topic);
    while (found == null || found.isEmpty()) {
      if (System.nanoTime() >= deadline) {
        throw new UnknownTopicOrPartitionException("topic " + topic + " does not exist");
      }
      try {
        Thread.sleep(VISIBLE_PAUSE.toMillis());
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
      found = consumer.partitionsFor(topic);
    }
    return found;
  }
}
