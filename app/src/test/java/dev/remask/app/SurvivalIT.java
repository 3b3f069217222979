package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.Segment;
import dev.remask.schemas.Topic;
import dev.remask.schemas.Topics;
import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.log.LedgerReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.IsolationLevel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every process of an installation killed with -9, the broker and the registry too, while text
 * comes in and in the middle of the replays; each then just started again with the same arguments.
 * Proves that the others bear it and that it goes on: in the end the books balance, the segments
 * are, record by record, what a sequential program makes of the documents topic, every epoch has
 * every example once with the masks that its segment and plan give, and each was learned once.
 *
 * <p>That the kills did harm is seen too: most land while a transaction of the victim is open, as
 * the coordinator says after the kill and before the restart (if it is killed itself: just before,
 * of anyone's), and a reader of uncommitted records finds those that were aborted. The order of the
 * kills is drawn by a seed.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(600)
class SurvivalIT {
  private static final long SEED = Long.getLong("survival.seed", 1);
  private static final int DOCUMENTS = 240;

  /** Short ones, so that text comes all the time. */
  private static final int DOCUMENT_CHARS_MAX = 4_000;

  private static final int REPLAYS = 2;
  private static final Duration PATIENCE = Duration.ofSeconds(150);
  private static final Duration SIGNAL_MAX = Duration.ofSeconds(10);

  /** A transaction of some milliseconds may be missed; then the kill lands outside of one. */
  private static final Duration LUCK = Duration.ofSeconds(15);

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Map<String, String> SETTINGS =
      Map.ofEntries(
          Map.entry("dataset.name", "survival"),
          Map.entry("run.name", "survival"),
          Map.entry("vocabulary.size", "1000"),
          Map.entry("heldout.permille", "100"),
          Map.entry("batch.size", "16"),
          Map.entry("batch.micro.size", "8"),
          Map.entry("order.window", "128"),
          Map.entry("checkpoint.every.steps", "40"),
          // Long enough for a test to see a transaction while it is open.
          Map.entry("stream.commit.interval.ms", "1500"));

  /** What they say when they are at work. */
  private static final Map<String, String> WORKS =
      Map.of("stream-1", "  dataset ", "train", "  train ", "ingest", "  ingest ");

  private final Random random = new Random(SEED);
  private final Kills kills = new Kills("survival");

  /**
   * By killed streams; until the broker aborts them, others may have been given their partitions.
   */
  private final Set<String> left = new HashSet<>();

  private Cast cast;
  private Topics topics;
  private Dataset dataset;
  private Admin admin;
  private Transactions transactions;
  private Follower committed;
  private Follower uncommitted;

  @BeforeAll
  void startAll(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder) throws Exception {
    Path text = Files.createDirectory(folder.resolve("text"));
    List<Corpus.Source> sources =
        Corpus.demo(Program.HOME.resolve("corpora")).stream()
            .filter(source -> Ingest.text(source, 1_000_000).length() <= DOCUMENT_CHARS_MAX)
            .limit(DOCUMENTS)
            .toList();
    for (Corpus.Source source : sources) {
      Files.writeString(text.resolve(source.id() + ".txt"), Ingest.text(source, 1_000_000));
    }
    // Short transactions, so that a kill costs less.
    cast = new Cast(folder, text, SETTINGS, "kafka.transaction.timeout.ms=5000");
    topics = cast.settings().topics();
    kills.say("the seed is " + SEED);
    cast.vocab().start();
    cast.startUp();
    String unused = cast.vocab().program().finish(PATIENCE, 0);
    cast.dataset().run(PATIENCE);
    dataset = Datasets.find(clients(), topics, "survival").orElseThrow();
    cast.one().start();
    // It declares the run.
    awaitWork(cast.one());
    for (Actor actor : List.of(cast.two(), cast.train(), cast.ingest())) {
      actor.start();
    }
    admin = Admin.create(ClientConfigs.admin(clients()));
    transactions = new Transactions(admin);
    List<String> examples = List.of(live().name(), examples().name());
    committed = new Follower(clients(), IsolationLevel.READ_COMMITTED, examples, partitions());
    uncommitted = new Follower(clients(), IsolationLevel.READ_UNCOMMITTED, examples, partitions());
  }

  @AfterAll
  void stop() throws Exception {
    for (AutoCloseable closeable : new AutoCloseable[] {cast, committed, uncommitted, admin}) {
      if (closeable != null) {
        closeable.close();
      }
    }
  }

  @Test
  void survives() throws Exception {
    killedWhileTextComesIn();
    killedInTheMiddleOfTheReplays();
    everyProcessEndsSoonAfterASignal();
    theBooksBalance();
    nothingIsLostOrRepeated();
    theStackEndsSoonAfterASignal();
  }

  private void killedWhileTextComesIn() throws Exception {
    Await.until("something is learned", PATIENCE, () -> !ledger().isEmpty());
    List<Scene> scenes = new ArrayList<>();
    scenes.add(() -> killInTransaction(id -> true, cast.one()));
    scenes.add(() -> killInTransaction(id -> true, cast.two()));
    scenes.add(() -> killAtWork(cast.ingest()));
    scenes.add(() -> killAtWork(cast.train()));
    scenes.add(this::killRegistry);
    scenes.add(() -> killBroker(PATIENCE));
    Collections.shuffle(scenes, random);
    for (Scene scene : scenes) {
      Thread.sleep(random.nextInt(1_000));
      scene.play();
    }
    awaitWork(cast.ingest());
    end(cast.ingest());
    assertThat(cast.ingest().program().output()).as("text still came").contains("stopped: ");
    cast.rest().run(PATIENCE);
  }

  private void killedInTheMiddleOfTheReplays() throws Exception {
    cast.replay().run(PATIENCE);
    killInTransaction(this::isOfReplay, cast.one(), cast.two());
    killInTransaction(this::isOfReplay, cast.one(), cast.two());
    killBroker(LUCK);
    killTrainer();
    Await.until("both replays are learned", PATIENCE, this::isAllLearned);
  }

  private void everyProcessEndsSoonAfterASignal() throws Exception {
    end(cast.train());
    List<TrainingStep> ledger = ledger();
    assertThat(Checkpoints.newest(cast.checkpoints()).orElseThrow().position().step())
        .as("the trainer's checkpoint is at the ledger's end")
        .isEqualTo(ledger.get(ledger.size() - 1).getStep());
    end(cast.one());
    end(cast.two());
  }

  private void theBooksBalance() throws Exception {
    JsonNode status = JSON.readTree(cast.status());
    JsonNode books = status.get("datasets").get(0);
    long segments = books.get("segments").asLong();
    assertThat(books.get("balanced").asBoolean()).as("%s", books).isTrue();
    assertThat(books.get("documents").asLong()).isEqualTo(DOCUMENTS);
    assertThat(books.get("packed").asLong() + books.get("held_out").asLong()).isEqualTo(DOCUMENTS);
    for (String none : List.of("pending", "duplicates", "tombstones", "dead_letters")) {
      assertThat(books.get(none).asLong()).as(none).isZero();
    }
    JsonNode epochs = status.get("runs").get(0).get("epochs");
    assertThat(epochs).hasSize(1 + REPLAYS);
    assertThat(epochs).allMatch(epoch -> epoch.get("learned").asLong() == segments);
    long[] ends = LogReader.endSequences(clients(), segments());
    LearnedOnce.check(ledger(), new RunPlan(cast.settings()).epochs().values(), ends);
  }

  private void nothingIsLostOrRepeated() throws Exception {
    StreamReference reference = StreamReference.of(clients(), dataset);
    long[] ends = reference.segments().sizes();
    long seed = cast.settings().whole("run.seed");
    List<Log> logs =
        List.of(
            kept(segments(), reference.segments()),
            kept(topics.heldOut(dataset.getName(), partitions()), reference.heldOut()),
            followed(live(), reference.examples(seed, cast.settings().masking(), ends, 0)),
            followed(examples(), reference.examples(seed, cast.settings().masking(), ends, 1, 2)));
    Differences differences =
        logs.stream()
            .map(log -> Differences.between(log.is, log.should))
            .reduce(Differences.NONE, Differences::plus);
    long aborted = logs.stream().mapToLong(log -> log.written - log.is.size()).sum();
    System.out.printf(
        "survival: kills=%d open=%d aborted=%d missing=%d repeated=%d different=%d displaced=%d%n",
        kills.count(),
        kills.open(),
        aborted,
        differences.missing(),
        differences.repeated(),
        differences.different(),
        differences.displaced());
    for (Log log : logs) {
      assertThat(log.should.size()).as(log.name).isPositive();
      assertThat(log.is.difference(log.should)).as(log.name).isEmpty();
    }
    assertThat(differences).isEqualTo(Differences.NONE);
    assertThat(aborted).as("records that were aborted").isPositive();
    assertThat(2 * kills.open())
        .as("twice the kills in a transaction")
        .isGreaterThanOrEqualTo(kills.count());
  }

  private void theStackEndsSoonAfterASignal() throws Exception {
    end(cast.up());
    assertThat(cast.brokers()).as("every broker has ended").noneMatch(ProcessHandle::isAlive);
  }

  private interface Scene {
    void play() throws Exception;
  }

  /**
   * @param written records, the aborted ones included
   */
  private record Log(String name, StreamRows is, StreamRows should, long written) {}

  private Log kept(Topic<Segment> topic, StreamRows should) {
    StreamRows is = StreamRows.segments(clients(), topic, IsolationLevel.READ_COMMITTED);
    long written = StreamRows.segments(clients(), topic, IsolationLevel.READ_UNCOMMITTED).size();
    return new Log(topic.name(), is, should, written);
  }

  private Log followed(Topic<MaskedExample> topic, StreamRows should) throws Exception {
    StreamRows is = StreamRows.examples(clients(), topic, committed.finish(topic.name(), PATIENCE));
    long written = uncommitted.finish(topic.name(), PATIENCE).stream().mapToLong(List::size).sum();
    return new Log(topic.name(), is, should, written);
  }

  /** One of these, whichever has a transaction open first. */
  private void killInTransaction(Predicate<String> ids, Actor... victims) throws Exception {
    AtomicReference<Actor> found = new AtomicReference<>();
    Await.until(
        "an open transaction of " + List.of(victims),
        PATIENCE,
        () -> {
          for (Actor victim : victims) {
            victim.requireAlive();
            if (isOpen(victim, ids) && victim.frozenAt(() -> isOpen(victim, ids))) {
              found.set(victim);
              break;
            }
          }
          return found.get() != null;
        });
    killAndStart(found.get());
  }

  private boolean isOpen(Actor actor, Predicate<String> ids) throws Exception {
    return open(actor).stream().anyMatch(ids);
  }

  private boolean isOfReplay(String transactionalId) {
    return !transactionalId.startsWith(topics.packerId("survival"))
        && !transactionalId.startsWith(topics.maskerId("survival", 0));
  }

  private void killAtWork(Actor victim) throws Exception {
    awaitWork(victim);
    killAndStart(victim);
  }

  /** It has said what it does. */
  private static void awaitWork(Actor actor) throws Exception {
    actor.program().awaitOutput(WORKS.get(actor.toString()), PATIENCE);
  }

  private void killTrainer() throws Exception {
    Actor train = cast.train();
    long deadline = System.nanoTime() + LUCK.toNanos();
    while (!train.frozenAt(() -> !open(train).isEmpty()) && System.nanoTime() < deadline) {
      Thread.sleep(5);
    }
    killAndStart(train);
  }

  private void killAndStart(Actor victim) throws Exception {
    victim.kill();
    Set<String> open = open(victim);
    kills.add(victim.toString(), open);
    if (victim != cast.train()) {
      left.addAll(open);
    }
    victim.start();
  }

  /** The {@code up} that owned it ends by itself, and is started again. */
  private void killBroker(Duration atMost) throws Exception {
    long deadline = System.nanoTime() + atMost.toNanos();
    Set<String> open = new HashSet<>();
    while (open.isEmpty() && System.nanoTime() < deadline) {
      Thread.sleep(20);
      open.addAll(open(cast.one()));
      open.addAll(open(cast.two()));
    }
    cast.killBroker();
    kills.add("the broker", open);
    assertThat(cast.up().program().finish(PATIENCE, Main.FAILED)).isNotEmpty();
    assertThat(cast.up().program().errors()).contains("the broker ended");
    cast.startUp();
    requireAllAlive();
  }

  /** The registry lives in {@code up}, whose broker is left over; the next one takes over. */
  private void killRegistry() throws Exception {
    ProcessHandle leftOver = cast.broker();
    cast.up().kill();
    kills.add("the registry", Set.of());
    assertThat(leftOver.isAlive()).as("the broker is left over").isTrue();
    cast.startUp();
    assertThat(leftOver.isAlive()).as("the left-over broker was stopped").isFalse();
    requireAllAlive();
  }

  private void requireAllAlive() throws Exception {
    for (Actor actor : List.of(cast.one(), cast.two(), cast.train())) {
      actor.requireAlive();
    }
  }

  /** The open transactions that this very process has begun. */
  private Set<String> open(Actor actor) throws Exception {
    if (actor == cast.train()) {
      return transactions.openOf(topics.trainerId("survival"), actor.startedMs());
    }
    Set<String> open = transactions.openOfStreams(actor.toString(), actor.startedMs());
    open.removeAll(left);
    return open;
  }

  private void end(Actor actor) throws Exception {
    actor.requireAlive();
    Duration took = actor.program().terminate(SIGNAL_MAX);
    kills.say(actor + " ended " + took.toMillis() + " ms after SIGTERM");
    assertThat(actor.program().errors()).doesNotContain("did not end in time");
  }

  private boolean isAllLearned() throws Exception {
    requireAllAlive();
    List<TrainingStep> ledger = ledger();
    TrainingStep last = ledger.get(ledger.size() - 1);
    return last.getEpoch() == REPLAYS
        && last.getOrderEnd() == Arrays.stream(LogReader.endSequences(clients(), segments())).sum();
  }

  private Map<String, Object> clients() {
    return cast.settings().clients();
  }

  private List<TrainingStep> ledger() {
    return LedgerReader.after(clients(), topics, "survival", 0);
  }

  private int partitions() {
    return dataset.getPartitions();
  }

  private Topic<Segment> segments() {
    return topics.segments(dataset.getName(), partitions());
  }

  private Topic<MaskedExample> live() {
    return topics.live("survival", partitions());
  }

  private Topic<MaskedExample> examples() {
    return topics.examples("survival", partitions());
  }
}
