package dev.remask.bench;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/**
 * A topology in this process, from its start until it has done what is measured.
 *
 * @param name what it is called if it fails
 */
record TopologyRun(String name, Topology topology, Map<String, Object> config, Duration max) {
  private static final long LOOK_MS = 5;

  /** Asked often while the topology works, so it should ask what is near first. */
  interface End {
    boolean isReached(KafkaStreams streams);
  }

  /** Seconds from where Kafka Streams says RUNNING, no record processed yet, until the end. */
  double seconds(End end) throws Exception {
    CompletableFuture<Long> running = new CompletableFuture<>();
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    try (KafkaStreams streams = new KafkaStreams(topology, new StreamsConfig(config))) {
      streams.setUncaughtExceptionHandler(
          e -> {
            failure.complete(e);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
          });
      streams.setStateListener(
          (now, before) -> {
            if (now == KafkaStreams.State.RUNNING) {
              running.complete(System.nanoTime());
            }
          });
      streams.start();
      await(() -> running.isDone() && end.isReached(streams), failure);
      double seconds = (System.nanoTime() - running.join()) / 1e9;
      streams.close(
          CloseOptions.timeout(max)
              .withGroupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP));
      return seconds;
    }
  }

  private void await(BooleanSupplier done, CompletableFuture<Throwable> failure)
      throws InterruptedException {
    long deadline = System.nanoTime() + max.toNanos();
    while (!done.getAsBoolean()) {
      if (failure.isDone()) {
        throw new IllegalStateException("the " + name + " failed", failure.join());
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "the " + name + " did not end within " + max.toSeconds() + " s");
      }
      Thread.sleep(LOOK_MS);
    }
  }
}
