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
import java.util.SortedMap;
import java.util.concurrent.Future;
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
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Plans epoch 0, the live lane, unless it is planned so already.
   *
   * @param orderWindow W, examples of a shuffled block of a replay
   * @throws ConfigException if the run was declared with another dataset, seed, policy or window
   */
  public EpochPlan declare(
      String dataset, long seed, MaskingPolicy policy, int orderWindow, Instant now) {
    EpochPlan live =
        EpochPlan.newBuilder()
            .setDataset(dataset)
            .setSeed(seed)
            .setPolicy(policy)
            .setOrderWindow(orderWindow)
            .setPlannedAt(millis(now))
            .build();
    PlannedEpoch declared = plans.epochs(run).get(0);
    if (declared == null) {
      append(List.of(new PlanEvent(run, 0, live)));
      return live;
    }
    requireAsDeclared(live, declared.plan());
    return declared.plan();
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
    append(
        IntStream.range(next, next + epochs)
            .mapToObj(epoch -> new PlanEvent(run, epoch, plan))
            .toList());
    return List.copyOf(plans.epochs(run).tailMap(next).values());
  }

  /** All or nothing, and read back: the first plan of an epoch must be this one. */
  private void append(List<PlanEvent> events) {
    try {
      producer.beginTransaction();
      List<Future<RecordMetadata>> sent =
          events.stream().map(event -> producer.send(record(topics, event))).toList();
      producer.commitTransaction();
      sent.forEach(GroupProgress::get);
    } catch (ProducerFencedException | InvalidProducerEpochException e) {
      // Which of the two depends on where the newer planner is in taking over.
      throw new IllegalStateException("another planner of run " + run + " has taken over", e);
    }
    for (PlanEvent event : events) {
      EpochPlan first = awaitPlan(event.getEpoch());
      if (!first.equals(event.getEvent())) {
        throw new IllegalStateException(
            "epoch %d of %s was planned by another: %s".formatted(event.getEpoch(), run, first));
      }
    }
  }

  /** The open transaction of another run's planner hides what is committed behind it. */
  private EpochPlan awaitPlan(int epoch) {
    long deadline = System.nanoTime() + VISIBLE_MAX.toNanos();
    while (true) {
      plans.readToEnd();
      PlannedEpoch planned = plans.epochs(run).get(epoch);
      if (planned != null) {
        return planned.plan();
      }
      if (System.nanoTime() > deadline) {
        throw new TimeoutException("the plan of epoch " + epoch + " does not become visible");
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  /** Records that every example of an epoch is in the log. Saying it twice changes nothing. */
  static void appendDone(
      Map<String, ?> clients, Topics topics, String run, int epoch, Instant now) {
    PlanEvent done = new PlanEvent(run, epoch, new EpochDone(millis(now)));
    try (Producer<byte[], PlanEvent> producer =
        producer(ClientConfigs.producer(clients), clients)) {
      GroupProgress.get(producer.send(record(topics, done)));
    }
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
    producer.close();
  }
}
