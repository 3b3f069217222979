package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Masked;
import dev.remask.mlm.Masker;
import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.TokenIds;
import dev.remask.schemas.TokenWidth;
import dev.remask.schemas.Topic;
import dev.remask.schemas.Topics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
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
 * Two {@code stream} processes mask one replay after another of more than 100,000 segments while
 * they and the broker are killed with -9 at random moments, at full speed and with the settings
 * that are shipped. Whoever reads committed records must find every example of every epoch once, in
 * order, with the masks of its place; and must not wait long after a kill. The control, the same
 * topology at least once, must show repetitions.
 */
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
@Timeout(1_200)
class EpochChaos {
  private static final long SEED = Long.getLong("chaos.seed", 1);
  private static final int MASKER_KILLS = 14;
  private static final int BROKER_KILLS = 6;

  /** {@code [P]}, not alike. */
  private static final long[] ENDS = {26_000, 25_000, 27_500, 24_500};

  private static final int LENGTH = 64;

  /** One takes some seconds where nobody is killed. */
  private static final int EPOCHS_AHEAD = 6;

  private static final int DOCUMENTS = 60;
  private static final String RUN = "chaos";
  private static final String CONTROL = "control";
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration STALL_MAX = Duration.ofSeconds(15);

  private static final Map<String, String> SETTINGS =
      Map.of(
          "dataset.name",
          RUN,
          "run.name",
          RUN,
          "segment.length",
          Integer.toString(LENGTH),
          "vocabulary.size",
          "1000",
          "heldout.permille",
          "0",
          // Nobody learns, so nobody must wait.
          "examples.ahead.max",
          "100000000");

  private final Random random = new Random(SEED);
  private final Kills kills = new Kills("chaos");
  private final List<Double> maskerStalls = new ArrayList<>();
  private final List<Double> brokerStalls = new ArrayList<>();

  private Path folder;
  private Cast cast;
  private Topics topics;
  private Dataset dataset;
  private RandomSegments segments;
  private Admin admin;
  private Victims victims;

  @BeforeAll
  void start(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path temporary) throws Exception {
    folder = temporary;
    Path text = Files.createDirectory(folder.resolve("text"));
    for (Corpus.Source source :
        Corpus.demo(Program.HOME.resolve("corpora")).subList(0, DOCUMENTS)) {
      Files.writeString(text.resolve(source.id() + ".txt"), Ingest.text(source, 1_000_000));
    }
    cast = new Cast(folder, text, SETTINGS);
    topics = cast.settings().topics();
    kills.say("the seed is " + SEED);
    cast.startUp();
    cast.vocab().run(PATIENCE);
    cast.dataset().run(PATIENCE);
    dataset = Datasets.find(clients(), topics, RUN).orElseThrow();
    segments = new RandomSegments(dataset.getVocabularySize(), LENGTH, ENDS);
    segments.write(clients(), topics.segments(RUN, ENDS.length));
    admin = Admin.create(ClientConfigs.admin(clients()));
    String live = topics.maskerId(RUN, 0) + "-";
    victims = new Victims(kills, new Transactions(admin), id -> !id.startsWith(live));
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
  void everyExampleIsThereOnce() throws Exception {
    cast.one().start();
    cast.one().program().awaitOutput("  dataset ", PATIENCE); // It declares the run.
    cast.two().start();
    List<Scene> scenes = new ArrayList<>();
    scenes.addAll(Collections.nCopies(MASKER_KILLS, this::killMasker));
    scenes.addAll(Collections.nCopies(BROKER_KILLS, this::killBroker));
    Collections.shuffle(scenes, random);
    for (Scene scene : scenes) {
      planAhead();
      scene.play();
    }
    Await.until("all epochs are done", PATIENCE, () -> pending().isEmpty());
    nothingIsLeftBehind();

    int epochs = plan(RUN).epochs().lastKey();
    EpochTally tally = tally(RUN, epochs, IsolationLevel.READ_COMMITTED);
    long written = tally(RUN, epochs, IsolationLevel.READ_UNCOMMITTED).records();
    System.out.printf(
        "chaos: epochs kills=%d missing=%d repeated=%d out_of_order=%d wrong_masks=%d%n",
        kills.count(), tally.missing(), tally.repeated(), tally.outOfOrder(), tally.wrongMasks());
    System.out.printf(
        "chaos: epochs open=%d epochs=%d segments=%d examples=%d aborted=%d%n",
        kills.open(),
        epochs,
        Arrays.stream(ENDS).sum(),
        tally.records(),
        written - tally.records());
    say("a masker", maskerStalls);
    say("the broker", brokerStalls);
    assertThat(tally.isFlawless()).isTrue();
    assertThat(written).as("kills tore transactions").isGreaterThan(tally.records());
    assertThat(2 * kills.open()).as("in a transaction").isGreaterThanOrEqualTo(kills.count());
    assertThat(maskerStalls).allMatch(seconds -> seconds <= STALL_MAX.toSeconds());
  }

  @Test
  @Order(2)
  void atLeastOnceRepeats() throws Exception {
    for (Actor actor : List.of(cast.one(), cast.two())) {
      Duration unused = actor.program().terminate(Duration.ofSeconds(10));
    }
    Settings settings = cast.settings(Map.of("run.name", CONTROL));
    new Setup(settings).ensureTopics(dataset, CONTROL);
    plan(CONTROL).declare(dataset);
    plan(CONTROL).planUpTo(dataset, 1);
    List<StreamChild> children = new ArrayList<>();
    try {
      for (int kill = 0; kill < 3; kill++) {
        StreamChild child = control(settings, "control-" + kill);
        children.add(child);
        long before = sum(ends(CONTROL, IsolationLevel.READ_UNCOMMITTED));
        Await.until(
            "the control masks",
            PATIENCE,
            () -> sum(ends(CONTROL, IsolationLevel.READ_UNCOMMITTED)) > before + 500);
        child.kill();
      }
      children.add(control(settings, "control-last"));
      Await.until("the control is through", PATIENCE, () -> isThrough(CONTROL));
    } finally {
      StreamChild.killAll(children);
    }
    EpochTally tally = tally(CONTROL, 1, IsolationLevel.READ_COMMITTED);
    System.out.printf(
        "chaos: control at_least_once kills=3 missing=%d repeated=%d wrong_masks=%d%n",
        tally.missing(), tally.repeated(), tally.wrongMasks());
    assertThat(tally.repeated()).isPositive();
    assertThat(tally.missing()).isZero();
    assertThat(tally.wrongMasks()).isZero();
  }

  private interface Scene {
    void play() throws Exception;
  }

  /** So that every kill lands in an epoch that is being masked. */
  private void planAhead() throws Exception {
    int missing = EPOCHS_AHEAD - pending().size();
    if (missing > 0) {
      plan(RUN).planUpTo(dataset, plan(RUN).epochs().lastKey() + missing);
    }
  }

  private List<PlannedEpoch> pending() {
    return plan(RUN).epochs().values().stream()
        .filter(epoch -> epoch.epoch() > 0 && !epoch.done())
        .toList();
  }

  /** One that works on a replay; two of three in the middle of a transaction. */
  private void killMasker() throws Exception {
    Actor victim = random.nextBoolean() ? cast.one() : cast.two();
    victim.requireAlive();
    boolean anyMoment = random.nextInt(3) == 0;
    if (anyMoment) {
      awaitMasking();
      Thread.sleep(random.nextInt(500));
    } else {
      victim = victims.frozenInTransaction(PATIENCE, victim);
    }
    Map<Integer, Long> torn = torn();
    long killed = System.nanoTime();
    Set<String> open = victims.kill(victim);
    if (!open.isEmpty()) {
      awaitReadable(torn, killed, maskerStalls);
    }
  }

  private void killBroker() throws Exception {
    awaitMasking();
    Thread.sleep(random.nextInt(500));
    Set<String> open = victims.open(cast.one(), cast.two());
    Map<Integer, Long> torn = torn();
    cast.killBroker();
    long killed = System.nanoTime();
    kills.add("the broker", open);
    assertThat(cast.up().program().finish(PATIENCE, Main.FAILED)).isNotEmpty();
    cast.startUp();
    kills.say(String.format(Locale.ROOT, "it answers again after %.1f s", seconds(killed)));
    awaitReadable(torn, killed, brokerStalls);
    cast.one().requireAlive();
    cast.two().requireAlive();
  }

  /** Some of a replay is written and not yet committed. */
  private void awaitMasking() throws Exception {
    Await.until("a replay is masked", PATIENCE, () -> !torn().isEmpty());
  }

  /** Where an open transaction has records: the log's end, by partition. */
  private Map<Integer, Long> torn() throws Exception {
    Map<Integer, Long> stable = ends(RUN, IsolationLevel.READ_COMMITTED);
    Map<Integer, Long> written = ends(RUN, IsolationLevel.READ_UNCOMMITTED);
    written.entrySet().removeIf(end -> end.getValue() <= stable.get(end.getKey()));
    return written;
  }

  /** Until then a reader of committed records waits at what the kill has left. */
  private void awaitReadable(Map<Integer, Long> torn, long since, List<Double> stalls)
      throws Exception {
    if (torn.isEmpty()) {
      return;
    }
    Await.until(
        "what lies behind the kill can be read",
        PATIENCE,
        () -> {
          Map<Integer, Long> stable = ends(RUN, IsolationLevel.READ_COMMITTED);
          return torn.entrySet().stream().allMatch(e -> stable.get(e.getKey()) > e.getValue());
        });
    stalls.add(seconds(since));
    kills.say(String.format(Locale.ROOT, "readable again %.1f s after the kill", seconds(since)));
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private static void say(String victim, List<Double> stalls) {
    List<Double> sorted = stalls.stream().sorted().toList();
    System.out.printf(
        Locale.ROOT,
        "chaos: epochs readable again after a kill of %s: median %.1f s, at most %.1f s (%d)%n",
        victim,
        sorted.get(sorted.size() / 2),
        sorted.get(sorted.size() - 1),
        sorted.size());
  }

  /** A finished epoch leaves no group, and no folder of its state. */
  private void nothingIsLeftBehind() throws Exception {
    Set<String> replays =
        plan(RUN).epochs().tailMap(1).keySet().stream()
            .map(epoch -> topics.maskerId(RUN, epoch))
            .collect(Collectors.toSet());
    Await.until(
        "no group of a done epoch is left",
        PATIENCE,
        () ->
            admin.listGroups().all().get().stream()
                .map(GroupListing::groupId)
                .noneMatch(replays::contains));
    try (Stream<Path> files = Files.walk(folder.resolve("data"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .doesNotContainAnyElementsOf(replays);
    }
  }

  private StreamChild control(Settings settings, String name) throws Exception {
    return StreamChild.start(AtLeastOnce.class, settings, folder, name);
  }

  private boolean isThrough(String run) throws Exception {
    String log = topics.segments(RUN, ENDS.length).name();
    var committed =
        admin
            .listConsumerGroupOffsets(topics.maskerId(run, 1))
            .partitionsToOffsetAndMetadata()
            .get();
    return IntStream.range(0, ENDS.length)
        .allMatch(
            p -> {
              var offset = committed.get(new TopicPartition(log, p));
              return offset != null && offset.offset() >= ENDS[p];
            });
  }

  private EpochTally tally(String run, int epochs, IsolationLevel isolation) {
    Settings settings = cast.settings();
    Masker masker =
        new Masker(
            settings.whole("run.seed"),
            RUN,
            settings.masking(),
            dataset.getVocabularySize(),
            DatasetSettings.vocabulary(dataset).wordStarts());
    Topic<MaskedExample> topic = topics.examples(run, ENDS.length);
    Deserializer<MaskedExample> values =
        AvroSerdes.of(MaskedExample.class, clients()).deserializer();
    EpochTally tally = new EpochTally(epochs, ENDS);
    List<List<Boolean>> unused =
        StreamRows.read(
            clients(),
            topic.name(),
            ENDS.length,
            isolation,
            record -> {
              SequenceKey key = SequenceKey.decode(record.key());
              MaskedExample example = values.deserialize(topic.name(), record.value());
              boolean masked = key.partition() == record.partition() && isMasked(masker, example);
              tally.add(record.partition(), example.getEpoch(), key.sequence(), masked);
              return masked;
            });
    return tally;
  }

  private boolean isMasked(Masker masker, MaskedExample example) {
    int[] tokens = segments.tokens(example.getPartition(), example.getSequence());
    Masked masked =
        masker.mask(example.getEpoch(), example.getPartition(), example.getSequence(), tokens);
    return Arrays.equals(masked.inputs(), TokenIds.decode(example.getInputs(), example.getWidth()))
        && Arrays.equals(
            masked.positions(), TokenIds.decode(example.getPositions(), TokenWidth.U16_LE))
        && Arrays.equals(masked.labels(), TokenIds.decode(example.getLabels(), example.getWidth()));
  }

  private Map<Integer, Long> ends(String run, IsolationLevel isolation) throws Exception {
    Map<TopicPartition, OffsetSpec> query =
        IntStream.range(0, ENDS.length)
            .mapToObj(p -> new TopicPartition(topics.examples(run, ENDS.length).name(), p))
            .collect(Collectors.toMap(p -> p, p -> OffsetSpec.latest()));
    return admin
        .listOffsets(query, new ListOffsetsOptions(isolation))
        .all()
        .get()
        .entrySet()
        .stream()
        .collect(Collectors.toMap(e -> e.getKey().partition(), e -> e.getValue().offset()));
  }

  private static long sum(Map<Integer, Long> ends) {
    return ends.values().stream().mapToLong(end -> end).sum();
  }

  private RunPlan plan(String run) {
    return new RunPlan(cast.settings(Map.of("run.name", run)));
  }

  private Map<String, Object> clients() {
    return cast.settings().clients();
  }
}
