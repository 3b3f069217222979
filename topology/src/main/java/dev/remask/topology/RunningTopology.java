package dev.remask.topology;

import dev.remask.topology.GroupProgress.Position;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.ThreadMetadata;
import org.apache.kafka.streams.Topology;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A topology at work, whose death is told to its owner. */
final class RunningTopology {
  private static final Logger LOG = LoggerFactory.getLogger(RunningTopology.class);

  private final String applicationId;
  private final String source;
  private final KafkaStreams streams;
  private final FailedThreads failures;

  /**
   * @param source the topic that it reads
   */
  RunningTopology(
      Topology topology, Map<String, Object> config, String source, FailedThreads failures) {
    this.source = source;
    this.failures = failures;
    applicationId = String.valueOf(config.get(StreamsConfig.APPLICATION_ID_CONFIG));
    streams = new KafkaStreams(topology, new StreamsConfig(config));
    streams.setUncaughtExceptionHandler(failures);
  }

  String applicationId() {
    return applicationId;
  }

  void start() {
    LOG.info("{} starts", applicationId);
    streams.start();
  }

  /** The partitions of the source that this instance works on now; none while it is not running. */
  Set<Integer> partitions() {
    if (!streams.state().isRunningOrRebalancing()) {
      return Set.of();
    }
    return streams.metadataForLocalThreads().stream()
        .flatMap(thread -> thread.activeTasks().stream())
        .flatMap(task -> task.topicPartitions().stream())
        .map(TopicPartition::partition)
        .collect(Collectors.toSet());
  }

  boolean paused() {
    return streams.isPaused();
  }

  /** Goes on or waits; a waiting instance stays in its group. */
  void pause(boolean wait) {
    if (wait == streams.isPaused()) {
      return;
    }
    LOG.debug("{} {}", applicationId, wait ? "waits for the trainer" : "goes on");
    if (wait) {
      streams.pause();
    } else {
      streams.resume();
    }
  }

  String state() {
    return streams.state().name();
  }

  /** Called now and then. */
  void look(Admin admin) {
    failures.look(() -> positions(admin));
  }

  /** Empty while a thread joins the group or ends; then the partitions are not all known. */
  private Optional<Map<Integer, Position>> positions(Admin admin) {
    Set<ThreadMetadata> threads = streams.metadataForLocalThreads();
    if (threads.isEmpty()
        || !threads.stream().allMatch(thread -> thread.threadState().equals("RUNNING"))) {
      return Optional.empty();
    }
    // Who waits for the trainer has nothing to do either.
    Set<Integer> working = streams.isPaused() ? Set.of() : partitions();
    return Optional.of(GroupProgress.positions(admin, applicationId, source, working));
  }

  /** Commits what is under way, leaves the group at once, so that others need not wait for it. */
  void close(Duration max) {
    boolean closed =
        streams.close(
            CloseOptions.timeout(max)
                .withGroupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP));
    LOG.info("{} {}", applicationId, closed ? "closed" : "did not close in " + max);
  }
}
