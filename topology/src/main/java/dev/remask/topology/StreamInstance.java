package dev.remask.topology;

import dev.remask.schemas.Dataset;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.PlannedEpoch;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One instance of the streaming side of a run: the packer of its dataset, its live lane, and its
 * planned replays, strictly one after another. Any number of instances share the work; each may be
 * killed at any time.
 *
 * <p>One thread watches the plans and the trainer; the topologies have their own. Whatever ends a
 * topology ends the instance: the owner sees it in {@link #await} or {@link #failure} and ends the
 * process.
 */
public final class StreamInstance implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StreamInstance.class);
  private static final Duration POLL = Duration.ofMillis(200);

  /** As long as Kafka Streams itself bears with a broker that does not answer. */
  private static final Duration OUTAGE_MAX = Duration.ofMinutes(5);

  private final StreamSettings settings;
  private final Dataset dataset;
  private final String run;
  private final Clock clock;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread watcher = new Thread(this::watch, "remask-stream");

  private final Admin admin;
  private final PlanReader plans;
  private final Backpressure backpressure;
  private final RunningTopology packer;
  private final EpochMasker live;
  private @Nullable EpochMasker replay;
  private volatile StreamStatus status;

  /**
   * Reads the run's plan; starts nothing.
   *
   * @throws ConfigException if the run was never declared, or belongs to another dataset
   */
  public StreamInstance(
      StreamSettings settings,
      Dataset dataset,
      String run,
      Supplier<DocumentDecoder> decoders,
      Clock clock) {
  }
}
