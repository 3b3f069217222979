package dev.remask.trainer.log;

import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.Segment;
import dev.remask.schemas.Topic;
import dev.remask.schemas.TopicAdmin;
import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.Ledger;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.Position;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Makes the Kafka clients of a run's trainer; nothing else in the trainer configures one. Broker
 * and registry may be away at first, and later: {@link Stopped} if a stop is asked for meanwhile.
 */
record RunClients(RunSettings settings, Patience patience) {
  /** What a broker allows at most unless it is told otherwise. */
  private static final int TRANSACTION_MS_MAX = 15 * 60 * 1000;

  /** So long the ledger's producer does not hear that it is closed. */
  private static final int BLOCK_MS_MAX = 5_000;

  /** After so long a question counts as not answered, and people hear of it. */
  private static final int ANSWER_MS_MAX = 10_000;

  /** Makes the topics that the trainer reads or writes, as far as they are missing. */
  void ensureTopics() {
    patience.tell(
        "making the run's topics",
        () -> {
          Admin admin = Admin.create(ClientConfigs.admin(settings.clients()));
          try {
            TopicAdmin.ensure(admin, settings.replication(), List.of(live(), examples(), ledger()));
          } finally {
            admin.close(Duration.ZERO);
          }
        });
  }

  PlanReader planReader() {
    Map<String, Object> config = new HashMap<>(settings.clients());
    config.putIfAbsent(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MS_MAX);
    return patience.ask("reading the plans", () -> new PlanReader(config, settings.topics()));
  }

  RunPlans plans(PlanReader reader) {
    return new RunPlans(
        () ->
            patience.ask(
                "reading the plans",
                () -> {
                  reader.readToEnd();
                  return reader.epochs(settings.run());
                }),
        settings.run(),
        settings.dataset().getName(),
        partitions(),
        settings.recipe().window(),
        System::nanoTime);
  }

  /**
   * Waiting examples are at most twice what a logical batch and a window need, in each topic.
   *
   * @param purged up to where the topics may have lost examples that are to be learned again
   */
  RunFeed feed(RunPlans plans, Position purged) {
    int batch = settings.recipe().batch().size();
    int window = settings.recipe().window();
    Topic<Segment> segments =
        settings.topics().segments(settings.dataset().getName(), partitions());
    return new RunFeed(
        plans,
        window,
        log(live(), 2 * batch, RunClients::place),
        log(examples(), batch + window, RunClients::place),
        log(segments, batch + window, segment -> new Place(0, segment.getSequence())),
        plan -> Examples.masker(plan, settings.dataset()),
        settings.dataset().getVocabularySize(),
        ModelShape.pairs(settings.dataset().getInputFormat()),
        settings.verify(),
        purged);
  }

  /**
   * Ends the writing of any other trainer of the run.
   *
   * @param looked hears of each kept step with a look at held-out text when the ledger is read
   */
  Ledger ledger(RunFeed feed, Consumer<TrainingStep> looked) {
    String id = settings.topics().trainerId(settings.run());
    return new KafkaLedger(
        patience.ask("opening the ledger", () -> producer(id)),
        ledger().name(),
        patience.ask("opening the ledger", () -> group(id)),
        feed::offsets,
        recorded(looked),
        transactionMax(id),
        patience);
  }

  private Producer<byte[], TrainingStep> producer(String id) {
    return new KafkaProducer<>(
        ledgerConfig(settings.clients(), id),
        new ByteArraySerializer(),
        AvroSerdes.of(TrainingStep.class, settings.clients()).serializer());
  }

  private Duration transactionMax(String id) {
    String key = ProducerConfig.TRANSACTION_TIMEOUT_CONFIG;
    Object given = ledgerConfig(settings.clients(), id).get(key);
    return Duration.ofMillis((int) ConfigDef.parseType("kafka." + key, given, ConfigDef.Type.INT));
  }

  /** An outage ends a group of steps only when the broker itself ends their transaction. */
  static Map<String, Object> ledgerConfig(Map<String, ?> clients, String id) {
    Map<String, Object> config = ClientConfigs.producer(clients);
    config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id);
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, BLOCK_MS_MAX);
    config.putIfAbsent(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_MS_MAX);
    config.putIfAbsent(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, TRANSACTION_MS_MAX);
    return config;
  }

  /** Of a group without members: offsets can be committed for it, nobody balances partitions. */
  private ConsumerGroupMetadata group(String id) {
    Map<String, Object> config = ClientConfigs.logReader(settings.clients());
    config.put(ConsumerConfig.GROUP_ID_CONFIG, id);
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config, bytes, bytes)) {
      return consumer.groupMetadata();
    }
  }

  /** Reads the ledger for a redo. */
  LongFunction<List<TrainingStep>> recorded() {
    return recorded(step -> {});
  }

  /**
   * The ledger's last step; 0 if it has none. If that is before {@code wanted}, what was written
   * last, whether or not it can be seen yet: after a broker's end a commit may be decided and its
   * markers still be missing.
   */
  long lastRecorded(long wanted) {
    return patience.ask(
        "reading the ledger",
        () -> {
          long committed = LedgerReader.last(settings.clients(), settings.topics(), settings.run());
          return committed >= wanted
              ? committed
              : LedgerReader.lastWritten(settings.clients(), settings.topics(), settings.run());
        });
  }

  private LongFunction<List<TrainingStep>> recorded(Consumer<TrainingStep> looked) {
    LedgerPieces pieces =
        new LedgerPieces(
            (positions, end, sink) ->
                LogReader.readOn(settings.clients(), ledger(), positions, end, sink),
            looked);
    return after -> patience.ask("reading the ledger", () -> pieces.after(after));
  }

  /** Reads what is there, and next time what has come since. */
  Supplier<HeldOutText> heldOut(RunPlans plans, int segmentsMax) {
    HeldOutReader reader =
        HeldOutReader.of(
            settings.clients(), settings.topics(), settings.dataset(), plans.first(), segmentsMax);
    return () -> patience.ask("reading the held-out text", reader::read);
  }

  Purge purge() {
    return new Purge(
        patience.ask(
            "opening the purge", () -> Admin.create(ClientConfigs.admin(settings.clients()))));
  }

  private static Place place(MaskedExample example) {
    return new Place(example.getEpoch(), example.getSequence());
  }

  private <V extends SpecificRecord> SequencedLog<V> log(
      Topic<V> topic, int ahead, Function<V, Place> placing) {
    String reading = "reading " + topic.name();
    KafkaConsumer<byte[], V> consumer =
        patience.ask(
            reading,
            () ->
                new KafkaConsumer<>(
                    ClientConfigs.logReader(settings.clients()),
                    new ByteArrayDeserializer(),
                    AvroSerdes.of(topic.valueType(), settings.clients()).deserializer()));
    return new SequencedLog<>(
        consumer, topic.name(), topic.partitions(), ahead, placing, patience.absence(reading));
  }

  private Topic<MaskedExample> live() {
    return settings.topics().live(settings.run(), partitions());
  }

  private Topic<MaskedExample> examples() {
    return settings.topics().examples(settings.run(), partitions());
  }

  private Topic<TrainingStep> ledger() {
    return settings.topics().ledger(settings.run());
  }

  private int partitions() {
    return settings.dataset().getPartitions();
  }
}
