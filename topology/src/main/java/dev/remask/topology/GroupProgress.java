package dev.remask.topology;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Where groups and logs are, as Kafka's own administration tells it: offsets per partition. Offsets
 * say whether a reader has passed a place, never how many records there are: transaction markers
 * and aborted records take offsets too (invariant 3).
 */
final class GroupProgress {
  private GroupProgress() {}

  /** Ends of what is decided: every committed record lies before them. {@code [P]} */
  static Map<Integer, Long> stableEnds(Admin admin, String topic, int partitions) {
    return offsets(admin, topic, partitions, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED);
  }

  /** Ends of the logs, open transactions included. {@code [P]} */
  static Map<Integer, Long> logEnds(Admin admin, String topic, int partitions) {
    return offsets(admin, topic, partitions, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
  }

  /** First offsets that are still there. {@code [P]} */
  static Map<Integer, Long> starts(Admin admin, String topic, int partitions) {
    return offsets(
        admin, topic, partitions, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED);
  }

  /**
   * The group's committed offsets; a partition without one is absent, a group that is not there has
   * none. Offsets that a transaction is about to commit are not in it: what the group wrote up to
   * an offset in the answer is committed as well.
   */
  static Map<Integer, Long> committed(Admin admin, String group, String topic) {
    Map<TopicPartition, OffsetAndMetadata> offsets =
        orElse(
            admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata(group), Map.of());
    Map<Integer, Long> committed = new HashMap<>();
    offsets.forEach(
        (partition, offset) -> {
          if (partition.topic().equals(topic) && offset != null) {
            committed.put(partition.partition(), offset.offset());
          }
        });
    return committed;
  }

  /** Offsets between where the group goes on, or the first that is there, and the stable ends. */
  static long lag(Admin admin, String group, String topic, int partitions) {
    Map<Integer, Long> starts = starts(admin, topic, partitions);
    Map<Integer, Long> committed = committed(admin, group, topic);
    Map<Integer, Long> ends = stableEnds(admin, topic, partitions);
    return lag(starts, committed, ends);
  }

  static long lag(
      Map<Integer, Long> starts, Map<Integer, Long> committed, Map<Integer, Long> ends) {
    return positions(starts, committed, ends).values().stream()
        .mapToLong(position -> Math.max(0, position.end() - position.next()))
        .sum();
  }

  /** Whether the group has passed every one of these ends; an end of 0 is passed by nobody. */
  static boolean reached(Map<Integer, Long> committed, Map<Integer, Long> ends) {
    return ends.entrySet().stream()
        .allMatch(end -> committed.getOrDefault(end.getKey(), 0L) >= end.getValue());
  }

  /**
   * Where a group is in a partition.
   *
   * @param next the offset at which it goes on
   * @param end the end of what is decided
   */
  record Position(long next, long end) {
    boolean isAtEnd() {
      return next >= end;
    }
  }

  /** Of these partitions; where nothing is committed, the group begins with what is there. */
  static Map<Integer, Position> positions(
      Admin admin, String group, String topic, Collection<Integer> partitions) {
    if (partitions.isEmpty()) {
      return Map.of();
    }
    Map<Integer, Long> starts =
        offsets(admin, topic, partitions, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED);
    Map<Integer, Long> committed = committed(admin, group, topic);
    Map<Integer, Long> ends =
        offsets(admin, topic, partitions, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED);
    return positions(starts, committed, ends);
  }

  static Map<Integer, Position> positions(
      Map<Integer, Long> starts, Map<Integer, Long> committed, Map<Integer, Long> ends) {
    Map<Integer, Position> positions = new HashMap<>();
    ends.forEach(
        (partition, end) -> {
          long start = starts.getOrDefault(partition, 0L);
          long next = Math.max(start, committed.getOrDefault(partition, 0L));
          positions.put(partition, new Position(next, end));
        });
    return positions;
  }

  private static Map<Integer, Long> offsets(
      Admin admin, String topic, int partitions, OffsetSpec spec, IsolationLevel isolation) {
    List<Integer> all = IntStream.range(0, partitions).boxed().toList();
    return offsets(admin, topic, all, spec, isolation);
  }

  private static Map<Integer, Long> offsets(
      Admin admin,
      String topic,
      Collection<Integer> partitions,
      OffsetSpec spec,
      IsolationLevel isolation) {
    Map<TopicPartition, OffsetSpec> query =
        partitions.stream()
            .map(partition -> new TopicPartition(topic, partition))
            .collect(Collectors.toMap(Function.identity(), partition -> spec));
    Map<TopicPartition, ListOffsetsResultInfo> answer =
        get(admin.listOffsets(query, new ListOffsetsOptions(isolation)).all());
    return answer.entrySet().stream()
        .collect(
            Collectors.toMap(
                offset -> offset.getKey().partition(), offset -> offset.getValue().offset()));
  }

  /** The answer, or the broker's error as it is. */
  static <T> T get(Future<T> answer) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  private static <T> T orElse(KafkaFuture<T> answer, T ifNoGroup) {
    try {
      return get(answer);
    } catch (GroupIdNotFoundException e) {
      return ifNoGroup;
    }
  }
}
