package dev.remask.topology;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A topology at work, whose death is told to its owner. */
final class RunningTopology {
  private static final Logger LOG = LoggerFactory.getLogger(RunningTopology.class);
  private static final Duration CLOSE_MAX = Duration.ofSeconds(30);

  private final String applicationId;
  private final KafkaStreams streams;

  /**
   * @param failed told what ended a stream thread; the whole topology ends with it
   */
  RunningTopology(Topology topology, Map<String, Object> config, Consumer<Throwable> failed) {
    applicationId = String.valueOf(config.get(StreamsConfig.APPLICATION_ID_CONFIG));
    streams = new KafkaStreams(topology, new StreamsConfig(config));
    streams.setUncaughtExceptionHandler(
        exception -> {
          LOG.error("{} ends", applicationId, exception);
          failed.accept(exception);
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
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

  /** Commits what is under way, leaves the group at once, so that others need not wait for it. */
  void close() {
    boolean closed =
        streams.close(
            CloseOptions.timeout(CLOSE_MAX)
                .withGroupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP));
    LOG.info("{} {}", applicationId, closed ? "closed" : "did not close in " + CLOSE_MAX);
  }
}
