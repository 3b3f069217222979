package dev.remask.topology;

import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.Outage;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.Topics;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One instance of the streaming side of a run: the packer of its dataset, its live lane, and its
 * planned replays, strictly one after another. Any number of instances share the work; each may be
 * killed at any time.
 *
 * <p>One thread watches the plans and the trainer; the topologies have their own. A broker or a
 * registry that is away is waited for, up to {@link StreamSettings#outageMax}. Whatever else ends a
 * topology ends the instance: the owner sees it in {@link #await} or {@link #failure} and ends the
 * process.
 */
public final class StreamInstance implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StreamInstance.class);
  private static final Duration MEASURE_EVERY = Duration.ofSeconds(1);
  private static final Duration LOST_EVERY = Duration.ofSeconds(10);

  /** Of all topologies together; with the watcher and its clients, 8 seconds. */
  private static final Duration TOPOLOGIES_CLOSE_MAX = Duration.ofSeconds(6);

  private static final Duration WATCHER_END_MAX = Duration.ofMillis(500);
  private static final Duration CLIENT_CLOSE_MAX = Duration.ofMillis(500);

  private final StreamSettings settings;
  private final Dataset dataset;
  private final String run;
  private final Clock clock;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Counters counters = new Counters();
  private final Topologies topologies;
  private final Thread watcher;

  private final OpenClients open = new OpenClients();
  private final Admin admin;
  private final PlanReader plans;
  private final Backpressure backpressure;
  private final LogEdges edges;
  private final AbandonedTransactions abandoned;
  private final LostMarkers lost;
  private final EpochPlan declared;
  private final RunningTopology packer;
  private final EpochMasker live;
  private @Nullable EpochMasker replay;
  private int ended;
  private boolean groupsToDelete = true;
  private long measuredNs = System.nanoTime() - MEASURE_EVERY.toNanos();
  private long lookedNs = System.nanoTime();
  private long lag;
  private volatile StreamStatus status;

  /**
   * Reads the run's plan; starts nothing, and leaves nothing open if it throws.
   *
   * @param notices hears a line when the broker or the registry is away, and when it is back; from
   *     any thread
   * @throws ConfigException if the run was never declared, or belongs to another dataset
   */
  public StreamInstance(
      StreamSettings settings, Dataset dataset, String run, Clock clock, Consumer<String> notices) {
    this.settings = settings;
    this.dataset = dataset;
    this.run = run;
    this.clock = clock;
    Outage outage = new Outage(settings.outageMax(), notices, System::nanoTime);
    watcher = new Thread(new Watcher(closing, this::look, outage, this::fail), "remask-stream");
    topologies = new Topologies(settings.outageMax(), notices, this::isClosing, this::fail);
    Map<String, Object> watching = impatient(settings.clients());
    try {
      admin =
          open.add(
              Admin.create(ClientConfigs.admin(watching)), admin -> admin.close(CLIENT_CLOSE_MAX));
      plans = open.add(new PlanReader(watching, settings.topics()), PlanReader::close);
      backpressure =
          open.add(new Backpressure(admin, watching, settings, run), Backpressure::close);
      edges = open.add(new LogEdges(watching), LogEdges::close);
      abandoned = new AbandonedTransactions(admin, settings.transactionTimeout());
      lost = new LostMarkers(admin, packed(), unpacked(), this::isWhole, notices);
      plans.readToEnd();
      PlannedEpoch lane = liveLane();
      declared = lane.plan();
      packer =
          topologies.open(
              PackingTopology.build(
                  dataset,
                  settings.topics(),
                  settings.clients(),
                  () -> DocumentDecoder.of(dataset, settings.clients()),
                  this::logged,
                  counters),
              settings.packing(settings.topics().packerId(dataset.getName())),
              dataset.getDocumentsTopic());
      live = new EpochMasker(admin, settings, dataset, lane, topologies, counters);
      status = status(Optional.empty());
    } catch (RuntimeException | Error e) {
      topologies.close(TOPOLOGIES_CLOSE_MAX);
      open.close();
      throw e;
    }
  }

  /** The watcher's: an outage is noticed, and said, sooner than Kafka's clients give up. */
  private static Map<String, Object> impatient(Map<String, Object> clients) {
    String request = AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG;
    String call = AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG;
    Map<String, Object> watching = new HashMap<>(clients);
    if (!clients.containsKey(request) && !clients.containsKey(call)) {
      watching.put(request, 10_000);
      watching.put(call, 15_000);
    }
    return watching;
  }

  private PlannedEpoch liveLane() {
    PlannedEpoch live = plans.epochs(run).get(0);
    if (live == null) {
      throw new ConfigException("run.name", run, "must be a run that was declared");
    }
    if (!live.plan().getDataset().equals(dataset.getName())) {
      throw new ConfigException(
          "dataset.name",
          dataset.getName(),
          "must be %s, the dataset of run %s".formatted(live.plan().getDataset(), run));
    }
    return live;
  }

  public void start() {
    packer.start();
    watcher.start();
  }

  /** What ended the instance, if something did. */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure.get());
  }

  /**
   * Blocks until the instance is closed or fails.
   *
   * @throws IllegalStateException with what ended the instance as its cause
   */
  public void await() throws InterruptedException {
    closing.await();
    Throwable cause = failure.get();
    if (cause != null) {
      throw new IllegalStateException("streaming of run " + run + " ended: " + cause, cause);
    }
  }

  /** As {@link PackerProgress#awaitPacked}; false also if the instance ends meanwhile. */
  public boolean awaitPacked(Duration timeout) {
    return PackerProgress.awaitPacked(admin, settings.topics(), dataset, timeout, this::isClosing);
  }

  /** As of the last look, at most some hundred milliseconds ago. */
  public StreamStatus status() {
    return status;
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  /** Only what happens first, and not what closing does. */
  private void fail(Throwable cause) {
    if (!isClosing()) {
      failure.compareAndSet(null, cause);
      closing.countDown();
    }
  }

  private void look() {
    plans.readToEnd();
    SortedMap<Integer, PlannedEpoch> epochs = plans.epochs(run);
    requireDeclared(epochs);
    topologies.look(admin);
    if (groupsToDelete) {
      EpochMasker.deleteGroups(
          admin, settings.topics(), epochs.values().stream().filter(PlannedEpoch::done).toList());
      groupsToDelete = false;
    }
    live.regulate(backpressure, live.unfinished(), epochs);
    if (replay == null) {
      replay = nextReplay(epochs);
    }
    // In the same look, so that a new plan does not wait for another one.
    EpochMasker running = replay;
    if (running != null && !advance(running, epochs)) {
      running.close(TOPOLOGIES_CLOSE_MAX);
      ended = running.epoch();
      replay = null;
      groupsToDelete = true;
    }
    Optional<EpochMasker> now = Optional.ofNullable(replay);
    if (System.nanoTime() - measuredNs >= MEASURE_EVERY.toNanos()) {
      measuredNs = System.nanoTime();
      abandoned.abort(applications(epochs.keySet()));
      measure(now);
    }
    if (System.nanoTime() - lookedNs >= LOST_EVERY.toNanos()) {
      lookedNs = System.nanoTime();
      lost.look(applications(epochs.keySet()));
    }
    status = status(now);
  }

  /** Segments of a partition, held out or not; on a thread of the packer. */
  private long logged(int partition) {
    Topics topics = settings.topics();
    int partitions = dataset.getPartitions();
    return Stream.of(
            topics.segments(dataset.getName(), partitions),
            topics.heldOut(dataset.getName(), partitions))
        .filter(log -> isWritten(log.name(), partition)) // Most often not: it saves a consumer.
        .mapToLong(log -> LogReader.endSequence(settings.clients(), log, partition))
        .sum();
  }

  private boolean isWritten(String log, int partition) {
    Map<Integer, Long> ends = GroupProgress.stableEnds(admin, log, dataset.getPartitions());
    return ends.getOrDefault(partition, 0L) > 0;
  }

  /** By partition of the documents. */
  private Set<String> packed() {
    Topics topics = settings.topics();
    String name = dataset.getName();
    return Set.of(
        topics.segments(name, dataset.getPartitions()).name(),
        topics.heldOut(name, dataset.getPartitions()).name(),
        PackingTopology.changelog(topics, name, PackingTopology.STATE),
        PackingTopology.changelog(topics, name, PackingTopology.RECENT));
  }

  private Set<String> unpacked() {
    Topics topics = settings.topics();
    return Set.of(
        topics.live(run, dataset.getPartitions()).name(),
        topics.examples(run, dataset.getPartitions()).name(),
        topics.deadLetters());
  }

  private boolean isWhole(int partition) {
    return PackerProgress.isWhole(admin, settings.clients(), settings.topics(), dataset, partition);
  }

  private Set<String> applications(Set<Integer> epochs) {
    Topics topics = settings.topics();
    return Stream.concat(
            Stream.of(topics.packerId(dataset.getName())),
            epochs.stream().map(epoch -> topics.maskerId(run, epoch)))
        .collect(Collectors.toSet());
  }

  /** A run of this name that was declared after it is another one. */
  private void requireDeclared(SortedMap<Integer, PlannedEpoch> epochs) {
    PlannedEpoch now = epochs.get(0);
    if (now == null || !now.plan().equals(declared)) {
      throw new IllegalStateException("run " + run + " was deleted");
    }
  }

  /** Not at every look: it asks for each partition. */
  private void measure(Optional<EpochMasker> replay) {
    String packing = settings.topics().packerId(dataset.getName());
    lag = GroupProgress.lag(admin, packing, dataset.getDocumentsTopic(), dataset.getPartitions());
    live.measure(edges);
    replay.ifPresent(running -> running.measure(edges));
  }

  private StreamStatus status(Optional<EpochMasker> replay) {
    return new StreamStatus(
        new StreamStatus.Packer(packer.state(), lag),
        live.status(),
        replay.map(EpochMasker::status),
        counters.counts());
  }

  private @Nullable EpochMasker nextReplay(SortedMap<Integer, PlannedEpoch> epochs) {
    return toReplay(epochs, ended)
        .map(epoch -> new EpochMasker(admin, settings, dataset, epoch, topologies, counters))
        .orElse(null);
  }

  /**
   * The first replay that is not done: epochs are in the log of examples one after another.
   *
   * @param ended the epoch that ended here last; its EpochDone may not be visible yet, behind a
   *     transaction that is still open
   */
  static Optional<PlannedEpoch> toReplay(SortedMap<Integer, PlannedEpoch> epochs, int ended) {
    return epochs.tailMap(ended + 1).values().stream().filter(epoch -> !epoch.done()).findFirst();
  }

  /** False once every example of the epoch is in the log, which whoever sees it first records. */
  private boolean advance(EpochMasker masker, SortedMap<Integer, PlannedEpoch> epochs) {
    PlannedEpoch planned = epochs.get(masker.epoch());
    if (planned != null && planned.done()) {
      return false;
    }
    Set<Integer> unfinished = masker.unfinished();
    if (unfinished.isEmpty()) {
      Planner.appendDone(settings.clients(), settings.topics(), masker.planned(), clock.instant());
      LOG.info("epoch {} of {} is done", masker.epoch(), run);
      return false;
    }
    masker.regulate(backpressure, unfinished, epochs);
    return true;
  }

  /**
   * Commits what is under way and leaves all groups, in at most 8 seconds; what cannot be committed
   * by then, the broker being away, is done again by whoever comes next.
   */
  @Override
  public void close() {
    closing.countDown();
    long deadline = System.nanoTime() + TOPOLOGIES_CLOSE_MAX.toNanos();
    Thread early = new Thread(() -> topologies.close(TOPOLOGIES_CLOSE_MAX), "remask-close");
    early.setDaemon(true);
    early.start();
    if (!Topologies.join(watcher, System.nanoTime() + WATCHER_END_MAX.toNanos())) {
      watcher.interrupt(); // It waits for a broker that does not answer.
    }
    boolean watched = Topologies.join(watcher, deadline);
    // What the watcher may have opened meanwhile.
    topologies.close(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
    Topologies.join(early, deadline);
    if (watched) {
      open.close();
    } else {
      LOG.warn("the watcher does not end: its clients stay open"); // They are not thread-safe.
    }
  }
}
