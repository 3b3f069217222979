package dev.remask.topology;

import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.EpochDone;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.MaskingPolicy;
import dev.remask.schemas.PlanEvent;
import dev.remask.schemas.PlanKey;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.Topics;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Makes the epochs of one run exist. There is one at a time: its transactional id fences the one
 * before, whose open transaction is decided before this one reads what is planned. The fenced one
 * fails with an IllegalStateException that says so, and has planned nothing. Not thread-safe.
 */
public final class Planner implements AutoCloseable {
  private static final Duration VISIBLE_MAX = Duration.ofSeconds(60);
  private static final Duration CLOSE_MAX = Duration.ofSeconds(5);
  private static final int DECLARE_ATTEMPTS_MAX = 20;

  private final Map<String, ?> clients;
  private final Topics topics;
  private final String run;
  private final Producer<byte[], PlanEvent> producer;
  private final PlanReader plans;

  /**
   * @param clients what every client gets: {@code bootstrap.servers}, {@code schema.registry.url}
   *     and what passes through
   */
  public Planner(Map<String, ?> clients, Topics topics, String run) {
    this.clients = clients;
    this.topics = topics;
    this.run = run;
    Map<String, Object> config = ClientConfigs.producer(clients);
    config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, topics.plannerId(run));
    config.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 10_000);
    this.producer = producer(config, clients);
    this.plans = new PlanReader(clients, topics);
    try {
      producer.initTransactions();
      plans.readToEnd();
    } catch (ProducerFencedException | InvalidProducerEpochException e) {
      close();
      throw new TakenOver(run, e);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Another planner of the run has begun after this one. */
  static final class TakenOver extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    TakenOver(String run, Throwable cause) {
      super("another planner of run " + run + " has taken over", cause);
    }
  }

  /**
   * Declares a run, unless it is declared so already, in which case nobody is fenced. Any number of
   * processes may do so at the same time: one of them declares it, and the others are content if
   * they would have declared the same.
   *
   * @param clients what every client gets
   * @param orderWindow W, examples of a shuffled block of a replay
   * @return the plan of the live lane that counts
   * @throws ConfigException if the run was declared with another dataset, seed, policy or window
   */
  public static EpochPlan declare(
      Map<String, ?> clients,
      Topics topics,
      String run,
      String dataset,
      long seed,
      MaskingPolicy policy,
      int orderWindow,
      Instant now) {
    return declare(
        live(dataset, seed, policy, orderWindow, now),
        () -> declared(clients, topics, run),
        wanted -> {
          try (Planner planner = new Planner(clients, topics, run)) {
            return planner.declare(wanted);
          }
        },
        Planner::pause);
  }

  /**
   * Looks, declares, and looks again when another was faster.
   *
   * @param declares throws {@link TakenOver}
   * @param pause between two attempts, of a random length, so that two who fence each other stop
   */
  static EpochPlan declare(
      EpochPlan wanted,
      Supplier<Optional<EpochPlan>> declared,
      UnaryOperator<EpochPlan> declares,
      Runnable pause) {
    for (int attempt = 1; ; attempt++) {
      Optional<EpochPlan> there = declared.get();
      if (there.isPresent()) {
        requireAsDeclared(wanted, there.get());
        return there.get();
      }
      try {
        return declares.apply(wanted);
      } catch (TakenOver e) {
        if (attempt == DECLARE_ATTEMPTS_MAX) {
          throw e;
        }
        pause.run();
      }
    }
  }

  /** The plan of a run's live lane, if it is declared now. */
  private static Optional<EpochPlan> declared(Map<String, ?> clients, Topics topics, String run) {
    try (PlanReader plans = new PlanReader(clients, topics)) {
      plans.readToEnd();
      return Optional.ofNullable(plans.epochs(run).get(0)).map(PlannedEpoch::plan);
    }
  }

  private static EpochPlan live(
      String dataset, long seed, MaskingPolicy policy, int orderWindow, Instant now) {
    return EpochPlan.newBuilder()
        .setDataset(dataset)
        .setSeed(seed)
        .setPolicy(policy)
        .setOrderWindow(orderWindow)
        .setPlannedAt(millis(now))
        .build();
  }

  /**
   * Plans epoch 0, the live lane, unless it is planned so already.
   *
   * @param orderWindow W, examples of a shuffled block of a replay
   * @throws ConfigException if the run was declared with another dataset, seed, policy or window
   */
  public EpochPlan declare(
      String dataset, long seed, MaskingPolicy policy, int orderWindow, Instant now) {
    return declare(live(dataset, seed, policy, orderWindow, now));
  }

  private EpochPlan declare(EpochPlan wanted) {
    PlannedEpoch declared = plans.epochs(run).get(0);
    EpochPlan first = declared == null ? append(List.of(event(0, wanted))).get(0) : declared.plan();
    requireAsDeclared(wanted, first);
    return first;
  }

  private PlanEvent event(int epoch, EpochPlan plan) {
    return new PlanEvent(run, epoch, plan);
  }

  /**
   * Deletes the run: all that is planned of it is as if it had never been, and running instances
   * end. The caller deletes what the run had, afterwards.
   *
   * @return false if there was nothing to delete
   */
  public boolean delete() {
    if (plans.epochs(run).isEmpty()) {
      return false;
    }
    byte[] key = new PlanKey(run, 0).encode();
    commit(List.of(new ProducerRecord<>(topics.plans().name(), key, null)));
    await("the end of run " + run, () -> plans.epochs(run).isEmpty());
    return true;
  }

  /** Whether two plans are of one run; only times and bounds may differ. */
  static void requireAsDeclared(EpochPlan wanted, EpochPlan declared) {
    mustEqual("dataset.name", wanted.getDataset(), declared.getDataset());
    mustEqual("run.seed", wanted.getSeed(), declared.getSeed());
    requireAsDeclared(wanted.getPolicy(), declared.getPolicy());
    mustEqual("order.window", wanted.getOrderWindow(), declared.getOrderWindow());
  }

  /** Names and values as people write them. */
  private static void requireAsDeclared(MaskingPolicy wanted, MaskingPolicy declared) {
    mustEqual("masking.kind", lower(wanted.getKind()), lower(declared.getKind()));
    mustEqual("static.copies", wanted.getCopies(), declared.getCopies());
    mustEqual("masking.selection", lower(wanted.getSelection()), lower(declared.getSelection()));
    mustEqual("masking.probability", wanted.getProbability(), declared.getProbability());
    mustEqual("masking.mask.share", wanted.getMaskShare(), declared.getMaskShare());
    mustEqual("masking.random.share", wanted.getRandomShare(), declared.getRandomShare());
    mustEqual("masking.whole-word", wanted.getWholeWord(), declared.getWholeWord());
    mustEqual(
        "masking.fairseq-compatible",
        wanted.getFairseqCompatible(),
        declared.getFairseqCompatible());
    if (!wanted.equals(declared)) {
      throw new IllegalStateException(
          "the run was declared with a policy that no setting gives: " + declared);
    }
  }

  private static String lower(Enum<?> symbol) {
    return symbol.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Plans the next epochs, bounded by the segments that are there now.
   *
   * @param dataset the run's
   * @param orderWindow the run's
   * @throws ConfigException if the run was never declared, or with another dataset or window, or if
   *     there is nothing to replay yet
   */
  public List<PlannedEpoch> plan(Dataset dataset, int epochs, int orderWindow, Instant now) {
    if (epochs < 1) {
      throw new ConfigException("epochs", epochs, "must be at least 1");
    }
    SortedMap<Integer, PlannedEpoch> known = plans.epochs(run);
    PlannedEpoch declared = known.get(0);
    if (declared == null) {
      throw new ConfigException("run.name", run, "must be a run that was declared");
    }
    EpochPlan live = declared.plan();
    mustEqual("dataset.name", dataset.getName(), live.getDataset());
    mustEqual("order.window", orderWindow, live.getOrderWindow());
    long[] ends =
        LogReader.endSequences(
            clients, topics.segments(dataset.getName(), dataset.getPartitions()));
    if (Arrays.stream(ends).allMatch(end -> end == 0)) {
      throw new ConfigException(
          "dataset.name", dataset.getName(), "must have segments before it can be replayed");
    }
    EpochPlan plan =
        new EpochPlan(
            live.getDataset(),
            live.getSeed(),
            live.getPolicy(),
            live.getOrderWindow(),
            Arrays.stream(ends).boxed().toList(),
            millis(now));
    int next = known.lastKey() + 1;
    for (EpochPlan first :
        append(IntStream.range(next, next + epochs).mapToObj(e -> event(e, plan)).toList())) {
      if (!first.equals(plan)) {
        throw new IllegalStateException(
            "an epoch of %s was planned by another: %s".formatted(run, first));
      }
    }
    return List.copyOf(plans.epochs(run).tailMap(next).values());
  }

  /** All or nothing, and read back: the plans that count, which may be another's. */
  private List<EpochPlan> append(List<PlanEvent> events) {
    commit(events.stream().map(event -> record(topics, event)).toList());
    return events.stream().map(event -> awaitPlan(event.getEpoch())).toList();
  }

  private void commit(List<ProducerRecord<byte[], PlanEvent>> records) {
    try {
      producer.beginTransaction();
      List<Future<RecordMetadata>> sent = records.stream().map(producer::send).toList();
      producer.commitTransaction();
      sent.forEach(GroupProgress::get);
    } catch (ProducerFencedException | InvalidProducerEpochException e) {
      // Which of the two depends on where the newer planner is in taking over.
      throw new TakenOver(run, e);
    }
  }

  private EpochPlan awaitPlan(int epoch) {
    await("the plan of epoch " + epoch, () -> plans.epochs(run).containsKey(epoch));
    PlannedEpoch planned = plans.epochs(run).get(epoch);
    if (planned == null) {
      throw new IllegalStateException("epoch " + epoch + " of " + run + " came and went");
    }
    return planned.plan();
  }

  /** The open transaction of another run's planner hides what is committed behind it. */
  private void await(String what, BooleanSupplier visible) {
    long deadline = System.nanoTime() + VISIBLE_MAX.toNanos();
    plans.readToEnd();
    while (!visible.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new TimeoutException(what + " does not become visible");
      }
      pause();
      plans.readToEnd();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(25, 100));
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  /**
   * Records that every example of an epoch is in the log. Saying it twice changes nothing; nor does
   * saying it of a life of the run that is over.
   *
   * @param epoch as it was masked
   */
  static void appendDone(Map<String, ?> clients, Topics topics, PlannedEpoch epoch, Instant now) {
    PlanEvent done = done(epoch, now);
    try (Producer<byte[], PlanEvent> producer =
        producer(ClientConfigs.producer(clients), clients)) {
      GroupProgress.get(producer.send(record(topics, done)));
    }
  }

  static PlanEvent done(PlannedEpoch epoch, Instant now) {
    return new PlanEvent(
        epoch.run(), epoch.epoch(), new EpochDone(millis(now), epoch.plan().getPlannedAt()));
  }

  private static Producer<byte[], PlanEvent> producer(
      Map<String, Object> config, Map<String, ?> clients) {
    return new KafkaProducer<>(
        config, new ByteArraySerializer(), AvroSerdes.of(PlanEvent.class, clients).serializer());
  }

  private static ProducerRecord<byte[], PlanEvent> record(Topics topics, PlanEvent event) {
    return new ProducerRecord<>(topics.plans().name(), PlanKey.of(event).encode(), event);
  }

  private static void mustEqual(String key, Object given, Object declared) {
    if (!given.equals(declared)) {
      throw new ConfigException(key, given, "must be " + declared + ", as the run was declared");
    }
  }

  /** As precise as the log. */
  private static Instant millis(Instant time) {
    return time.truncatedTo(ChronoUnit.MILLIS);
  }

  @Override
  public void close() {
    plans.close();
    // With time to abort; a broker that is away would be waited for without end.
    producer.close(CLOSE_MAX);
  }
}
