package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.Books;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.Replication;
import dev.remask.schemas.Segment;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.TokenWidth;
import dev.remask.schemas.Topic;
import dev.remask.schemas.TopicAdmin;
import dev.remask.schemas.Topics;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kept logs on a real broker. Proves that what is read back is what was committed, whatever lies
 * between and behind it (aborted records, open transactions, markers), against a model that knows
 * what was committed; that topics are made as declared or refused by both numbers; that the first
 * declaration of a dataset stands.
 */
@Timeout(60)
@ExtendWith(TestStack.Shared.class)
class LogsIT {
  private static final int PARTITIONS = 3;

  private static TestStack stack;

  @BeforeAll
  static void use(TestStack shared) {
    stack = shared;
  }

  private static Topic<Segment> segments(String prefix) {
    Topic<Segment> topic = new Topics(prefix).segments("news", PARTITIONS);
    try (Admin admin = admin()) {
      TopicAdmin.ensure(admin, Replication.ONE, List.of(topic));
    }
    return topic;
  }

  private static Admin admin() {
    return Admin.create(ClientConfigs.admin(stack.clients()));
  }

  /** Ready for its first transaction. */
  private static KafkaProducer<byte[], Segment> transactional(String id) {
    Map<String, Object> config = ClientConfigs.producer(stack.clients());
    config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id);
    KafkaProducer<byte[], Segment> producer =
        new KafkaProducer<>(
            config,
            new ByteArraySerializer(),
            AvroSerdes.of(Segment.class, stack.clients()).serializer());
    producer.initTransactions();
    return producer;
  }

  /** Written when this returns, so that an abort leaves it in the log. */
  private static void send(
      KafkaProducer<byte[], Segment> producer, Topic<Segment> topic, int partition, long sequence)
      throws Exception {
    Segment segment =
        Segment.newBuilder()
            .setPartition(partition)
            .setSequence(sequence)
            .setWidth(TokenWidth.U16_LE)
            .setTokens(ByteBuffer.allocate(0))
            .setDocuments(List.of())
            .setBooks(Books.newBuilder().build())
            .build();
    byte[] key = new SequenceKey(partition, sequence).encode();
    Future<?> sent = producer.send(new ProducerRecord<>(topic.name(), partition, key, segment));
    producer.flush();
    sent.get();
  }

  private static void assertCommitted(Topic<Segment> topic, List<List<Long>> expected) {
    List<List<Long>> read = emptyLists();
    LogReader.readAll(
        stack.clients(),
        topic,
        record -> {
          assertThat(SequenceKey.decode(record.key()))
              .isEqualTo(new SequenceKey(record.partition(), record.value().getSequence()));
          read.get(record.partition()).add(record.value().getSequence());
        });
    assertThat(read).isEqualTo(expected);
    assertThat(LogReader.endSequences(stack.clients(), topic))
        .containsExactly(expected.stream().mapToLong(List::size).toArray());
  }

  /** Each by its place, the last ones of each partition, and none beyond. */
  private static void assertFound(Topic<Segment> topic, List<List<Long>> committed) {
    for (int partition = 0; partition < PARTITIONS; partition++) {
      long end = committed.get(partition).size();
      for (long sequence = Math.max(0, end - 5); sequence <= end; sequence++) {
        SequenceKey place = new SequenceKey(partition, sequence);
        Optional<Segment> found = LogReader.find(stack.clients(), topic, place);
        assertThat(found.map(Segment::getSequence))
            .as("%s", place)
            .isEqualTo(sequence < end ? Optional.of(sequence) : Optional.empty());
      }
    }
  }

  private static List<List<Long>> emptyLists() {
    return IntStream.range(0, PARTITIONS)
        .<List<Long>>mapToObj(partition -> new ArrayList<>())
        .toList();
  }

  /** Every transaction continues the sequences, and only a committed one moves them. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whatIsReadIsWhatWasCommitted(long seed) throws Exception {
    Topic<Segment> topic = segments("random" + seed + ".");
    Random random = new Random(seed);
    List<List<Long>> committed = emptyLists();
    assertCommitted(topic, committed);
    try (KafkaProducer<byte[], Segment> producer = transactional("logs-random-" + seed)) {
      for (int i = 0; i < 40; i++) {
        producer.beginTransaction();
        List<List<Long>> sent = emptyLists();
        for (int partition = 0; partition < PARTITIONS; partition++) {
          for (int n = random.nextInt(4); n > 0; n--) {
            long sequence = committed.get(partition).size() + sent.get(partition).size();
            send(producer, topic, partition, sequence);
            sent.get(partition).add(sequence);
          }
        }
        if (random.nextInt(3) == 0) {
          producer.commitTransaction();
          IntStream.range(0, PARTITIONS).forEach(p -> committed.get(p).addAll(sent.get(p)));
        } else {
          producer.abortTransaction();
        }
        if (i % 8 == 7) {
          assertCommitted(topic, committed);
        }
      }
    }
    assertCommitted(topic, committed);
    assertFound(topic, committed);
  }

  /** More offsets without a committed record than the first looks back reach. */
  @Test
  void trailingAbortsAreSteppedOver() throws Exception {
    Topic<Segment> topic = segments("trailing.");
    try (KafkaProducer<byte[], Segment> producer = transactional("logs-trailing")) {
      producer.beginTransaction();
      send(producer, topic, 0, 0);
      send(producer, topic, 0, 1);
      producer.commitTransaction();
      for (int i = 0; i < 100; i++) {
        producer.beginTransaction();
        send(producer, topic, 0, 2);
        send(producer, topic, 1, 0);
        producer.abortTransaction();
      }
    }
    assertCommitted(topic, List.of(List.of(0L, 1L), List.of(), List.of()));
    assertFound(topic, List.of(List.of(0L, 1L), List.of(), List.of()));
  }

  /** Nothing behind an open transaction can be read, and nobody waits for it. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anOpenTransactionHidesWhatComesAfterItUntilItIsDecided(boolean commit) throws Exception {
    Topic<Segment> topic = segments("open-" + commit + ".");
    try (KafkaProducer<byte[], Segment> first = transactional("logs-open-first-" + commit);
        KafkaProducer<byte[], Segment> second = transactional("logs-open-second-" + commit)) {
      second.beginTransaction();
      send(second, topic, 0, 0);
      send(second, topic, 1, 0);
      second.commitTransaction();
      first.beginTransaction();
      send(first, topic, 0, 1);
      second.beginTransaction();
      send(second, topic, 0, commit ? 2 : 1);
      send(second, topic, 1, 1);
      second.commitTransaction();
      long asked = System.nanoTime();
      assertCommitted(topic, List.of(List.of(0L), List.of(0L, 1L), List.of()));
      assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(5));
      if (commit) {
        first.commitTransaction();
      } else {
        first.abortTransaction();
      }
      List<Long> decided = commit ? List.of(0L, 1L, 2L) : List.of(0L, 1L);
      assertCommitted(topic, List.of(decided, List.of(0L, 1L), List.of()));
    }
  }

  @Test
  void aLogThatIsNotThereOrNotAsDeclaredIsRefused() {
    Topics topics = new Topics("absent.");
    assertThatThrownBy(
            () -> LogReader.endSequences(stack.clients(), topics.segments("news", PARTITIONS)))
        .isInstanceOf(UnknownTopicOrPartitionException.class)
        .hasMessageContaining("absent.news.segments");
    Topic<Segment> other = new Topics("refused.").segments("news", PARTITIONS + 1);
    segments("refused.");
    assertThatThrownBy(() -> LogReader.readAll(stack.clients(), other, record -> {}))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("3 partitions")
        .hasMessageContaining("4 partitions");
  }

  @Test
  void topicsAreMadeAsDeclared() throws Exception {
    Topics topics = new Topics("made.");
    List<Topic<?>> wanted =
        List.of(topics.plans(), topics.documents(PARTITIONS), topics.live("base", PARTITIONS));
    try (Admin admin = admin()) {
      TopicAdmin.ensure(admin, Replication.ONE, wanted);
      TopicAdmin.ensure(admin, Replication.ONE, wanted);
      for (Topic<?> topic : wanted) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
        var config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        topic
            .config()
            .forEach((key, value) -> assertThat(config.get(key).value()).as(key).isEqualTo(value));
        assertThat(config.get(TopicConfig.RETENTION_MS_CONFIG).value()).isEqualTo("-1");
        assertThat(partitions(admin, topic.name())).isEqualTo(topic.partitions());
      }
    }
  }

  @Test
  void anotherNumberOfPartitionsIsRefusedBeforeAnythingIsMade() throws Exception {
    Topics topics = new Topics("other.");
    Topic<?> taken = topics.documents(PARTITIONS);
    try (Admin admin = admin()) {
      admin
          .createTopics(List.of(new NewTopic(taken.name(), 7, Replication.ONE.factor())))
          .all()
          .get();
      assertThatThrownBy(
              () -> TopicAdmin.ensure(admin, Replication.ONE, List.of(topics.plans(), taken)))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("other.documents")
          .hasMessageContaining("7 partitions")
          .hasMessageContaining("3 partitions");
      assertThat(admin.listTopics().names().get()).doesNotContain(topics.plans().name());
      assertThat(partitions(admin, taken.name())).isEqualTo(7);
    }
  }

  /** Instances start at the same time and ensure the same topics. */
  @Test
  void manyMayEnsureAtOnce() throws Exception {
    Topics topics = new Topics("at-once.");
    List<Topic<?>> wanted = List.of(topics.plans(), topics.documents(PARTITIONS));
    inParallel(
        4,
        () -> {
          try (Admin admin = admin()) {
            TopicAdmin.ensure(admin, Replication.ONE, wanted);
            TopicAdmin.ensureDeadLetters(admin, Replication.ONE, topics);
            return partitions(admin, topics.deadLetters());
          }
        });
    try (Admin admin = admin()) {
      assertThat(partitions(admin, topics.documents(PARTITIONS).name())).isEqualTo(PARTITIONS);
    }
  }

  @Test
  void theFirstDeclarationOfADatasetStands() throws Exception {
    Settings settings = stack.settings("datasets.", "vocabulary.size=300");
    Settings longer = stack.settings("datasets.", "vocabulary.size=300", "segment.length=128");
    Vocabulary vocabulary = Vocabulary.learn(List.of("The cat sat on the mat."), 300);
    Setup setup = new Setup(settings);
    setup.ensureSharedTopics();
    assertThat(Datasets.find(stack.clients(), settings.topics(), "demo")).isEmpty();

    Dataset first = new DatasetSettings(settings).declare(vocabulary, Instant.EPOCH);
    assertThat(setup.declare(first)).isEqualTo(first);
    Dataset second = new DatasetSettings(longer).declare(vocabulary, Instant.EPOCH);
    assertThat(setup.declare(second)).isEqualTo(first);
    assertThat(Datasets.find(stack.clients(), settings.topics(), "demo")).contains(first);

    Settings other = stack.settings("datasets.", "vocabulary.size=300", "dataset.name=other");
    List<Dataset> won =
        inParallel(
            4,
            () ->
                new Setup(other)
                    .declare(new DatasetSettings(other).declare(vocabulary, Instant.now())));
    assertThat(won).as("all see the same winner").containsOnly(won.get(0));
    assertThat(Datasets.all(stack.clients(), settings.topics()).values())
        .containsExactly(first, won.get(0));
  }

  private static int partitions(Admin admin, String topic) throws Exception {
    return admin
        .describeTopics(List.of(topic))
        .allTopicNames()
        .get()
        .get(topic)
        .partitions()
        .size();
  }

  private static <T> List<T> inParallel(int times, Callable<T> work) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(times);
    try {
      List<T> results = new ArrayList<>();
      for (Future<T> result :
          threads.invokeAll(IntStream.range(0, times).mapToObj(i -> work).toList())) {
        results.add(result.get());
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }
}
