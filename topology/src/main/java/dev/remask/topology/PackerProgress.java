package dev.remask.topology;

import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.PackerState;
import dev.remask.schemas.RecordReader;
import dev.remask.schemas.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.Deserializer;

/** How far the packer of a dataset is, told by the logs alone: from any process, without it. */
public final class PackerProgress {
  private static final long POLL_MS = 100;

  /** A group may be past markers of transactions that follow the last record. */
  private static final long MARKERS_MAX = 100;

  private PackerProgress() {}

  /**
   * The committed state of the packer by partition, books and carries included; a partition that
   * never saw a record is absent. Read from the last record of the state store's changelog, which
   * is written in the transaction of the segments: it is right also where no segment came after
   * (duplicates, a flush with nothing waiting), and where no packer runs.
   *
   * @param clients what every client gets
   */
  public static SortedMap<Integer, PackerState> states(
      Map<String, ?> clients, Topics topics, Dataset dataset) {
    String changelog = PackingTopology.changelog(topics, dataset.getName(), PackingTopology.STATE);
    Deserializer<PackerState> deserializer = AvroBinarySerde.of(PackerState.class).deserializer();
    SortedMap<Integer, PackerState> states = new TreeMap<>();
    try (Admin admin = Admin.create(ClientConfigs.admin(clients));
        LogEdges edges = new LogEdges(clients)) {
      if (!exists(admin, changelog)) {
        return states;
      }
      for (int partition = 0; partition < dataset.getPartitions(); partition++) {
        int p = partition;
        edges
            .last(new TopicPartition(changelog, partition))
            .ifPresent(last -> states.put(p, deserializer.deserialize(changelog, last.value())));
      }
    }
    return states;
  }

  /**
   * Whether what can be read of a partition is of whole transactions: the state is that of exactly
   * the segments that are there, and of the offset that the group goes on at, or of a later one.
   */
  static boolean isWhole(
      Admin admin, Map<String, ?> clients, Topics topics, Dataset dataset, int partition) {
    PackerState state =
        states(clients, topics, dataset).getOrDefault(partition, PartitionPacker.EMPTY);
    String name = dataset.getName();
    int partitions = dataset.getPartitions();
    long next =
        GroupProgress.committed(admin, topics.packerId(name), dataset.getDocumentsTopic())
            .getOrDefault(partition, 0L);
    return !holdsAny(clients, dataset.getDocumentsTopic(), partition, state.getNextOffset(), next)
        && LogReader.endSequence(clients, topics.segments(name, partitions), partition)
            == state.getTraining().getNextSequence()
        && LogReader.endSequence(clients, topics.heldOut(name, partitions), partition)
            == state.getHeldOut().getNextSequence();
  }

  /** Whether there are records among these offsets; true if they are too many to look. */
  private static boolean holdsAny(
      Map<String, ?> clients, String topic, int partition, long from, long to) {
    if (to - from > MARKERS_MAX) {
      return true;
    }
    try (RecordReader records = new RecordReader(clients)) {
      return LongStream.range(from, to)
          .anyMatch(offset -> records.at(topic, partition, offset).isPresent());
    }
  }

  /**
   * Waits until every document that is in the log now is packed and its segments can be read.
   *
   * @return false if that took longer than the timeout
   */
  public static boolean awaitPacked(Admin admin, Topics topics, Dataset dataset, Duration timeout) {
    return awaitPacked(admin, topics, dataset, timeout, () -> false);
  }

  /** The same; false as soon as there is no point in waiting on. */
  static boolean awaitPacked(
      Admin admin, Topics topics, Dataset dataset, Duration timeout, BooleanSupplier pointless) {
    int partitions = dataset.getPartitions();
    String documents = dataset.getDocumentsTopic();
    String group = topics.packerId(dataset.getName());
    String segments = topics.segments(dataset.getName(), partitions).name();
    long deadline = System.nanoTime() + timeout.toNanos();
    BooleanSupplier giveUp = () -> System.nanoTime() > deadline || pointless.getAsBoolean();

    Map<Integer, Long> read = GroupProgress.stableEnds(admin, documents, partitions);
    if (!await(
        giveUp,
        () -> GroupProgress.reached(GroupProgress.committed(admin, group, documents), read))) {
      return false;
    }
    // What is written now can be read once the open transactions before its end are decided.
    Map<Integer, Long> written = GroupProgress.logEnds(admin, segments, partitions);
    return await(
        giveUp,
        () ->
            GroupProgress.reached(GroupProgress.stableEnds(admin, segments, partitions), written));
  }

  private static boolean await(BooleanSupplier giveUp, BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      if (giveUp.getAsBoolean()) {
        return false;
      }
      try {
        Thread.sleep(POLL_MS);
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    }
    return true;
  }

  private static boolean exists(Admin admin, String topic) {
    try {
      GroupProgress.get(admin.describeTopics(List.of(topic)).allTopicNames());
      return true;
    } catch (UnknownTopicOrPartitionException e) {
      return false;
    }
  }
}
