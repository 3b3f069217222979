package dev.remask.app;

import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.Segment;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.TokenIds;
import dev.remask.schemas.TokenWidth;
import dev.remask.schemas.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * A log of segments or examples, or what one should be, in a form that can be compared: per
 * partition its records in order, each a line of text with all that it holds.
 */
record StreamRows(List<List<String>> partitions) {
  /** An example or, with epoch -1, a segment. */
  static String row(int epoch, SequenceKey key, long sequence, int partition, String content) {
    return "epoch " + epoch + " " + key + " " + partition + ":" + sequence + " " + content;
  }

  static String segment(SequenceKey key, Segment segment) {
    List<String> spans =
        segment.getDocuments().stream()
            .map(span -> span.getDocument() + "@" + span.getStart() + "-" + span.getEnd())
            .toList();
    int[] tokens = TokenIds.decode(segment.getTokens(), segment.getWidth());
    return row(
        -1,
        key,
        segment.getSequence(),
        segment.getPartition(),
        content(tokens, spans, segment.getSecondPart(), segment.getNextSentence()));
  }

  /** Of a segment. */
  static String content(
      int[] tokens, List<String> spans, int secondPart, @Nullable Boolean nextSentence) {
    return Arrays.toString(tokens) + " " + spans + " " + secondPart + " " + nextSentence;
  }

  static String example(SequenceKey key, MaskedExample example) {
    return row(
        example.getEpoch(),
        key,
        example.getSequence(),
        example.getPartition(),
        masks(
            TokenIds.decode(example.getInputs(), example.getWidth()),
            TokenIds.decode(example.getPositions(), TokenWidth.U16_LE),
            TokenIds.decode(example.getLabels(), example.getWidth())));
  }

  static String masks(int[] inputs, int[] positions, int[] labels) {
    return Arrays.toString(inputs) + Arrays.toString(positions) + Arrays.toString(labels);
  }

  static StreamRows segments(
      Map<String, Object> clients, Topic<Segment> topic, IsolationLevel isolation) {
    return decoded(clients, topic, isolation, StreamRows::segment);
  }

  static StreamRows examples(
      Map<String, Object> clients, Topic<MaskedExample> topic, IsolationLevel isolation) {
    return decoded(clients, topic, isolation, StreamRows::example);
  }

  private interface Rendering<V> {
    String of(SequenceKey key, V value);
  }

  private static <V extends SpecificRecord> StreamRows decoded(
      Map<String, Object> clients, Topic<V> topic, IsolationLevel isolation, Rendering<V> form) {
    Deserializer<V> values = AvroSerdes.of(topic.valueType(), clients).deserializer();
    return new StreamRows(
        read(
            clients,
            topic.name(),
            topic.partitions(),
            isolation,
            record ->
                form.of(
                    SequenceKey.decode(record.key()),
                    values.deserialize(topic.name(), record.value()))));
  }

  /** Of records as they were read, per partition. */
  static StreamRows examples(
      Map<String, Object> clients,
      Topic<MaskedExample> topic,
      List<List<ConsumerRecord<byte[], byte[]>>> records) {
    Deserializer<MaskedExample> values = AvroSerdes.of(MaskedExample.class, clients).deserializer();
    return new StreamRows(
        records.stream()
            .map(
                partition ->
                    partition.stream()
                        .map(
                            record ->
                                example(
                                    SequenceKey.decode(record.key()),
                                    values.deserialize(topic.name(), record.value())))
                        .toList())
            .toList());
  }

  /** All records up to the present end, which is another one for each isolation level. */
  static <T> List<List<T>> read(
      Map<String, Object> clients,
      String topic,
      int partitions,
      IsolationLevel isolation,
      Function<ConsumerRecord<byte[], byte[]>, T> form) {
    Map<String, Object> config = ClientConfigs.logReader(clients);
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation.toString());
    List<List<T>> rows =
        IntStream.range(0, partitions).<List<T>>mapToObj(p -> new ArrayList<>()).toList();
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config, bytes, bytes)) {
      List<TopicPartition> all =
          IntStream.range(0, partitions).mapToObj(p -> new TopicPartition(topic, p)).toList();
      consumer.assign(all);
      consumer.seekToBeginning(all);
      Map<TopicPartition, Long> ends = consumer.endOffsets(all);
      while (all.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          rows.get(record.partition()).add(form.apply(record));
        }
      }
    }
    return rows;
  }

  int size() {
    return partitions.stream().mapToInt(List::size).sum();
  }

  long[] sizes() {
    return partitions.stream().mapToLong(List::size).toArray();
  }

  /** Where this log first differs from what it should be; empty if it is that, record by record. */
  Optional<String> difference(StreamRows expected) {
    for (int p = 0; p < Math.max(partitions.size(), expected.partitions.size()); p++) {
      List<String> is = p < partitions.size() ? partitions.get(p) : List.of();
      List<String> should = p < expected.partitions.size() ? expected.partitions.get(p) : List.of();
      for (int i = 0; i < Math.max(is.size(), should.size()); i++) {
        String row = i < is.size() ? is.get(i) : "nothing";
        String wanted = i < should.size() ? should.get(i) : "nothing";
        if (!row.equals(wanted)) {
          return Optional.of(
              "partition %d, record %d: %s instead of %s".formatted(p, i, row, wanted));
        }
      }
    }
    return Optional.empty();
  }
}
