package dev.remask.bench;

import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.Replication;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.Topic;
import dev.remask.schemas.TopicAdmin;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InterruptException;

/** The topics of a measure: how far they are, what is in them, and that they go again. */
final class Logs implements AutoCloseable {
  /** For who only wants to be sure that all are there. */
  static final Consumer<ConsumerRecord<byte[], byte[]>> NOTHING = record -> {};

  private final Map<String, Object> clients;
  private final Admin admin;

  Logs(Map<String, Object> clients) {
    this.clients = clients;
    admin = Admin.create(ClientConfigs.admin(clients));
  }

  /** Makes a topic as the product does, but one whose files go at once when it is deleted. */
  void make(Topic<?> topic) {
    Map<String, String> config = new HashMap<>(topic.config());
    config.put(TopicConfig.FILE_DELETE_DELAY_MS_CONFIG, "0");
    TopicAdmin.ensure(
        admin,
        Replication.ONE,
        List.of(
            new Topic<>(
                topic.name(), topic.valueType(), topic.partitions(), config, topic.required())));
  }

  void delete(Topic<?> topic) {
    get(admin.deleteTopics(Set.of(topic.name())).all());
  }

  void deleteGroup(String group) {
    get(admin.deleteConsumerGroups(Set.of(group)).all());
  }

  /** Where each partition's log ends now. */
  Map<Integer, Long> ends(Topic<?> topic) {
    return ends(topic, IsolationLevel.READ_UNCOMMITTED);
  }

  /** Whether nothing in the topic is part of an open transaction: committed readers see the end. */
  boolean isDecided(Topic<?> topic) {
    return ends(topic, IsolationLevel.READ_COMMITTED).equals(ends(topic));
  }

  /** Whether a group has committed that it has passed all of these ends. */
  boolean hasCommitted(String group, Topic<?> topic, Map<Integer, Long> ends) {
    Map<TopicPartition, OffsetAndMetadata> committed;
    try {
      committed = get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
    } catch (GroupIdNotFoundException e) {
      return false;
    }
    return ends.entrySet().stream()
        .allMatch(
            end -> {
              OffsetAndMetadata at = committed.get(new TopicPartition(topic.name(), end.getKey()));
              return at != null && at.offset() >= end.getValue();
            });
  }

  private Map<Integer, Long> ends(Topic<?> topic, IsolationLevel isolation) {
    Map<TopicPartition, OffsetSpec> query =
        IntStream.range(0, topic.partitions())
            .mapToObj(p -> new TopicPartition(topic.name(), p))
            .collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest()));
    return get(admin.listOffsets(query, new ListOffsetsOptions(isolation)).all())
        .entrySet()
        .stream()
        .collect(Collectors.toMap(end -> end.getKey().partition(), end -> end.getValue().offset()));
  }

  /**
   * Passes all committed records of a topic, in order within a partition.
   *
   * @throws IllegalStateException unless each partition holds the sequences 0, 1, 2 … up to this
   *     many: a log that is not whole was not measured
   */
  void readWhole(Topic<?> topic, int each, Consumer<ConsumerRecord<byte[], byte[]>> sink) {
    Sequences sequences = new Sequences(topic.partitions());
    LogReader.readRaw(
        clients,
        topic.name(),
        record -> {
          sequences.add(record.partition(), SequenceKey.decode(record.key()));
          sink.accept(record);
        });
    sequences.requireEach(each);
  }

  private static <T> T get(KafkaFuture<T> answer) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  @Override
  public void close() {
    admin.close();
  }
}
