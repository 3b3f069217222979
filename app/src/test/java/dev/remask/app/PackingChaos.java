package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.remask.app.Corpus.Source;
import dev.remask.schemas.Books;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.PackerState;
import dev.remask.schemas.Segment;
import dev.remask.schemas.Topic;
import dev.remask.schemas.Topics;
import dev.remask.topology.PackerProgress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.ToLongFunction;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * One, then three, then two {@code stream} processes pack documents that come without end, every
 * kind of bad record among them, while they and the broker are killed with -9 at random moments.
 * The segments must equal, record by record, what a sequential program makes of the documents
 * topic, and the books must balance. The control, the same packer at least once, must not.
 */
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
@Timeout(1_200)
class PackingChaos {
  private static final long SEED = Long.getLong("chaos.seed", 1);

  /** While one instance runs, while three do, while two do. */
  private static final int[] STREAM_KILLS = {4, 6, 4};

  private static final int[] BROKER_KILLS = {2, 2, 2};
  private static final int CONTROL_KILLS = 3;
  private static final int DOCUMENTS_A_SECOND = 100;
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final String NAME = "packing";
  private static final String CONTROL = "control";
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Map<String, String> SETTINGS =
      Map.of(
          "dataset.name",
          NAME,
          "run.name",
          NAME,
          "input.format",
          System.getProperty("chaos.format", "full-sentences"),
          "segment.length",
          "128",
          "vocabulary.size",
          "1000",
          "heldout.permille",
          "100",
          "document.chars.max",
          "20000",
          "duplicate.window",
          "40",
          // Nobody learns, so nobody must wait.
          "examples.ahead.max",
          "100000000");

  private interface Scene {
    void play() throws Exception;
  }

  private final Random random = new Random(SEED);
  private final Kills kills = new Kills("chaos");
  private final AtomicBoolean enough = new AtomicBoolean();

  private Path folder;
  private Cast cast;
  private Actor three;
  private Topics topics;
  private Dataset dataset;
  private Admin admin;
  private Victims victims;

  @BeforeAll
  void start(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path temporary) throws Exception {
    folder = temporary;
    Path text = Files.createDirectory(folder.resolve("text"));
    for (Source source : Corpus.demo(Program.HOME.resolve("corpora")).subList(0, 100)) {
      Files.writeString(text.resolve(source.id() + ".txt"), MixedDocuments.text(source));
    }
    cast = new Cast(folder, text, SETTINGS);
    three = cast.stream("stream-3");
    topics = cast.settings().topics();
    kills.say("the seed is " + SEED);
    cast.startUp();
    cast.vocab().run(PATIENCE);
    cast.dataset().run(PATIENCE);
    dataset = Datasets.find(clients(), topics, NAME).orElseThrow();
    admin = Admin.create(ClientConfigs.admin(clients()));
    String packer = topics.packerId(NAME) + "-";
    victims = new Victims(kills, new Transactions(admin), id -> id.startsWith(packer));
  }

  @AfterAll
  void stop() throws Exception {
    for (AutoCloseable closeable : new AutoCloseable[] {cast, admin}) {
      if (closeable != null) {
        closeable.close();
      }
    }
  }

  @Test
  @Order(1)
  void everyDocumentIsPackedOnce() throws Exception {
    Actor one = cast.one();
    Actor two = cast.two();
    one.start();
    one.program().awaitOutput("  dataset ", PATIENCE); // It declares the run.
    try (Background<Void> feeding = new Background<>("feed", this::feed)) {
      feeding.start();
      play(0, one);
      two.start();
      three.start();
      play(1, one, two, three);
      Await.until(two + " packs", PATIENCE, () -> !victims.open(two).isEmpty());
      Duration took = two.program().terminate(Duration.ofSeconds(10));
      kills.say(two + " ended " + took.toMillis() + " ms after SIGTERM");
      play(2, one, three);
      enough.set(true);
      Await.until("all is fed", PATIENCE, feeding::finished);
      feeding.result();
    }
    assertThat(PackerProgress.awaitPacked(admin, topics, dataset, PATIENCE)).isTrue();
    StreamReference reference = StreamReference.of(clients(), dataset);
    Differences differences = differences(NAME, reference, true);
    long written = rows(segments(NAME), IsolationLevel.READ_UNCOMMITTED).size();
    System.out.printf(
        "chaos: packing kills=%d missing=%d repeated=%d different=%d%n",
        kills.count(),
        differences.missing(),
        differences.repeated(),
        differences.different() + differences.displaced());
    System.out.printf(
        "chaos: packing open=%d format=%s documents=%d segments=%d aborted=%d%n",
        kills.open(),
        SETTINGS.get("input.format"),
        sum(reference.books(), Books::getDocuments),
        reference.segments().size(),
        written - reference.segments().size());
    assertThat(differences).isEqualTo(Differences.NONE);
    theBooksBalance(reference);
    assertThat(written).as("kills tore transactions").isGreaterThan(reference.segments().size());
    assertThat(2 * kills.open()).as("in a transaction").isGreaterThanOrEqualTo(kills.count());
  }

  @Test
  @Order(2)
  void atLeastOnceDoesNot() throws Exception {
    for (Actor actor : List.of(cast.one(), cast.two(), three)) {
      if (actor.program() != null && actor.program().isAlive()) {
        Duration unused = actor.program().terminate(Duration.ofSeconds(10));
      }
    }
    Settings settings = cast.settings(Map.of("dataset.name", CONTROL, "run.name", CONTROL));
    Setup setup = new Setup(settings);
    Dataset control =
        setup.declare(
            new DatasetSettings(settings)
                .declare(
                    DatasetSettings.vocabulary(dataset), Instant.parse("2026-01-01T00:00:00Z")));
    setup.ensureTopics(control, CONTROL);
    List<StreamChild> children = new ArrayList<>();
    try {
      for (int kill = 0; kill < CONTROL_KILLS; kill++) {
        StreamChild child =
            StreamChild.start(AtLeastOncePacker.class, settings, folder, "control-" + kill);
        children.add(child);
        long before = packedByControl();
        Await.until("the control packs", PATIENCE, () -> packedByControl() > before + 500);
        child.kill();
      }
      children.add(StreamChild.start(AtLeastOncePacker.class, settings, folder, "control-last"));
      assertThat(PackerProgress.awaitPacked(admin, topics, control, PATIENCE)).isTrue();
    } finally {
      StreamChild.killAll(children);
    }
    Differences differences = differences(CONTROL, StreamReference.of(clients(), control), false);
    System.out.printf(
        "chaos: control at_least_once packing kills=%d missing=%d repeated=%d different=%d%n",
        CONTROL_KILLS,
        differences.missing(),
        differences.repeated(),
        differences.different() + differences.displaced());
    assertThat(differences.repeated()).isPositive();
  }

  private long packedByControl() {
    return Arrays.stream(LogReader.endSequences(clients(), segments(CONTROL))).sum();
  }

  /** The kills of an act, in an order of their own. */
  private void play(int act, Actor... streams) throws Exception {
    List<Scene> scenes = new ArrayList<>();
    for (int i = 0; i < STREAM_KILLS[act]; i++) {
      boolean anyMoment = i % 4 == 0;
      scenes.add(() -> killStream(anyMoment, streams));
    }
    for (int i = 0; i < BROKER_KILLS[act]; i++) {
      scenes.add(() -> killBroker(streams));
    }
    Collections.shuffle(scenes, random);
    for (Scene scene : scenes) {
      Thread.sleep(random.nextInt(3_000));
      scene.play();
    }
  }

  private void killStream(boolean anyMoment, Actor... streams) throws Exception {
    Actor victim = streams[random.nextInt(streams.length)];
    if (!anyMoment) {
      victim = victims.frozenInTransaction(PATIENCE, streams);
    }
    victims.kill(victim);
  }

  private void killBroker(Actor... streams) throws Exception {
    AtomicReference<Set<String>> open = new AtomicReference<>(Set.of());
    Await.until(
        "a transaction is open",
        PATIENCE,
        () -> {
          open.set(victims.open(streams));
          return !open.get().isEmpty();
        });
    cast.killBroker();
    kills.add("the broker", open.get());
    assertThat(cast.up().program().finish(PATIENCE, Main.FAILED)).isNotEmpty();
    cast.startUp();
    for (Actor stream : streams) {
      stream.requireAlive();
    }
  }

  /** Until it is enough: the demo's documents again and again, under new ids each time. */
  private Void feed(BooleanSupplier ended) throws Exception {
    List<Source> corpus = Corpus.demo(Program.HOME.resolve("corpora"));
    MixedDocuments documents = new MixedDocuments(cast.settings(), dataset);
    AtomicReference<Exception> failure = new AtomicReference<>();
    Map<String, Object> config = ClientConfigs.producer(clients());
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE.toMillis());
    ByteArraySerializer bytes = new ByteArraySerializer();
    try (var producer = new KafkaProducer<>(config, bytes, bytes)) {
      for (int number = 0; !enough.get() && !ended.getAsBoolean(); number++) {
        List<Source> round = round(corpus, number);
        for (int i = 0; i < round.size() && !enough.get() && !ended.getAsBoolean(); i++) {
          send(producer, documents.records(round, i), failure);
          Thread.sleep(1_000 / DOCUMENTS_A_SECOND);
        }
      }
      send(producer, documents.flush(), failure);
      producer.flush();
    }
    if (failure.get() != null) {
      throw failure.get();
    }
    return null;
  }

  private static void send(
      KafkaProducer<byte[], byte[]> producer,
      List<ProducerRecord<byte[], byte[]>> records,
      AtomicReference<Exception> failure) {
    for (ProducerRecord<byte[], byte[]> record : records) {
      var unused = producer.send(record, (place, error) -> failure.compareAndSet(null, error));
    }
  }

  private static List<Source> round(List<Source> corpus, int round) {
    return corpus.stream()
        .map(s -> new Source(round + "/" + s.id(), s.label(), s.place(), s.content()))
        .toList();
  }

  private void theBooksBalance(StreamReference reference) throws Exception {
    List<Books> books =
        PackerProgress.states(clients(), topics, dataset).values().stream()
            .map(PackerState::getBooks)
            .toList();
    assertThat(books).isEqualTo(reference.books());
    JsonNode status = JSON.readTree(cast.status()).get("datasets").get(0);
    assertThat(status.get("name").asText()).isEqualTo(NAME);
    assertThat(status.get("balanced").asBoolean()).as("%s", status).isTrue();
    assertThat(status.get("documents").asLong()).isEqualTo(sum(books, Books::getDocuments));
    for (ToLongFunction<Books> kind :
        List.<ToLongFunction<Books>>of(
            Books::getPacked,
            Books::getHeldOut,
            Books::getDuplicates,
            Books::getTombstones,
            Books::getDeadLetters,
            Books::getFlushes)) {
      assertThat(sum(books, kind)).as("every kind of record came").isPositive();
    }
  }

  private static long sum(List<Books> books, ToLongFunction<Books> kind) {
    return books.stream().mapToLong(kind).sum();
  }

  private Differences differences(String name, StreamReference reference, boolean heldOutToo) {
    Differences training =
        Differences.between(
            rows(segments(name), IsolationLevel.READ_COMMITTED), reference.segments());
    if (!heldOutToo) {
      return training;
    }
    StreamRows heldOut =
        rows(topics.heldOut(name, dataset.getPartitions()), IsolationLevel.READ_COMMITTED);
    return training.plus(Differences.between(heldOut, reference.heldOut()));
  }

  private StreamRows rows(Topic<Segment> topic, IsolationLevel isolation) {
    return StreamRows.segments(clients(), topic, isolation);
  }

  private Topic<Segment> segments(String name) {
    return topics.segments(name, dataset.getPartitions());
  }

  private Map<String, Object> clients() {
    return cast.settings().clients();
  }
}
