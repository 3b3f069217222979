package dev.remask.topology;

import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.PlannedEpoch;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
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

  private final StreamSettings settings;
  private final Dataset dataset;
  private final String run;
  private final Clock clock;
  private final Consumer<String> notices;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread watcher = new Thread(this::watch, "remask-stream");

  private final Admin admin;
  private final PlanReader plans;
  private final Backpressure backpressure;
  private final RunningTopology packer;
  private final EpochMasker live;
  private @Nullable EpochMasker replay;
  private int ended;
  private boolean groupsToDelete = true;
  private volatile StreamStatus status;

  /**
   * Reads the run's plan; starts nothing.
   *
   * @param notices hears a line when the broker or the registry is away, and when it is back
   * @throws ConfigException if the run was never declared, or belongs to another dataset
   */
  public StreamInstance(
      StreamSettings settings, Dataset dataset, String run, Clock clock, Consumer<String> notices) {
    this.settings = settings;
    this.notices = notices;
    this.dataset = dataset;
    this.run = run;
    this.clock = clock;
    admin = Admin.create(ClientConfigs.admin(settings.clients()));
    plans = new PlanReader(settings.clients(), settings.topics());
    backpressure = new Backpressure(admin, settings, run);
    try {
      plans.readToEnd();
      // First: what is built from here on holds clients that a refusal would leave behind.
      PlannedEpoch declared = liveLane();
      packer =
          new RunningTopology(
              PackingTopology.build(
                  dataset,
                  settings.topics(),
                  settings.clients(),
                  () -> DocumentDecoder.avro(settings.clients())),
              settings.packing(settings.topics().packerId(dataset.getName())),
              this::fail);
      live = new EpochMasker(admin, settings, dataset, declared, this::fail);
      status =
          new StreamStatus(
              new StreamStatus.Packer(packer.state(), 0),
              live.status(),
              Optional.empty(),
              new StreamStatus.Counts(0, 0, 0, 0));
    } catch (RuntimeException e) {
      closeClients();
      throw e;
    }
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
    return PackerProgress.awaitPacked(
        admin, settings.topics(), dataset, timeout, () -> closing.getCount() == 0);
  }

  /** As of the last look, at most some hundred milliseconds ago. */
  public StreamStatus status() {
    return status;
  }

  private void fail(Throwable cause) {
    failure.compareAndSet(null, cause);
    closing.countDown();
  }

  private void watch() {
    long outageSince = 0;
    try {
      while (!closing.await(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
        try {
          look();
          outageSince = 0;
        } catch (RetriableException e) {
          long now = System.nanoTime();
          outageSince = outageSince == 0 ? now : outageSince;
          if (now - outageSince > settings.outageMax().toNanos()) {
            throw e;
          }
          notices.accept("the broker does not answer: " + e.getMessage());
        }
      }
    } catch (RuntimeException | InterruptedException e) {
      LOG.error("The instance ends", e);
      fail(e);
    }
  }

  private void look() {
    plans.readToEnd();
    SortedMap<Integer, PlannedEpoch> epochs = plans.epochs(run);
    if (groupsToDelete) {
      EpochMasker.deleteGroups(
          admin, settings.topics(), epochs.values().stream().filter(PlannedEpoch::done).toList());
      groupsToDelete = false;
    }
    live.regulate(backpressure, live.unfinished(), epochs);
    EpochMasker running = replay;
    if (running == null) {
      replay = nextReplay(epochs);
    } else if (!advance(running, epochs)) {
      running.close();
      ended = running.epoch();
      replay = null;
      groupsToDelete = true;
    }
    status =
        new StreamStatus(
            new StreamStatus.Packer(packer.state(), 0),
            live.status(),
            Optional.ofNullable(replay).map(EpochMasker::status),
            new StreamStatus.Counts(0, 0, 0, 0));
  }

  private @Nullable EpochMasker nextReplay(SortedMap<Integer, PlannedEpoch> epochs) {
    return toReplay(epochs, ended)
        .map(epoch -> new EpochMasker(admin, settings, dataset, epoch, this::fail))
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
      Planner.appendDone(
          settings.clients(), settings.topics(), run, masker.epoch(), clock.instant());
      LOG.info("epoch {} of {} is done", masker.epoch(), run);
      return false;
    }
    masker.regulate(backpressure, unfinished, epochs);
    return true;
  }

  /** Commits what is under way and leaves all groups. */
  @Override
  public void close() {
    closing.countDown();
    join();
    EpochMasker running = replay;
    if (running != null) {
      running.close();
    }
    live.close();
    packer.close();
    closeClients();
  }

  /** The watcher uses clients that are not thread-safe: they are closed after it ended. */
  private void join() {
    try {
      watcher.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void closeClients() {
    backpressure.close();
    plans.close();
    admin.close();
  }
}
