package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.Topics;
import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.log.LedgerReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nothing is killed here: no text comes for long, everything is restarted in turn, and broker and
 * registry are away for longer than anybody waits for an answer. With the settings as they are
 * shipped the processes bear it, and in the end each example was learned once. How long, in
 * seconds: {@code -Doutage.pause} (an hour is 3600) and {@code -Doutage.away}.
 */
@Timeout(7_200)
class OutageChaos {
  private static final Duration PAUSE = Duration.ofSeconds(Long.getLong("outage.pause", 60));
  private static final Duration AWAY = Duration.ofSeconds(Long.getLong("outage.away", 600));
  private static final int DOCUMENTS = 120;
  private static final int DOCUMENT_BYTES_MAX = 4_000;
  private static final int REPLAYS = 2;
  private static final Duration PATIENCE = Duration.ofSeconds(180);
  private static final Duration SIGNAL_MAX = Duration.ofSeconds(10);
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Map<String, String> SETTINGS =
      Map.of(
          "dataset.name", "outage",
          "run.name", "outage",
          "vocabulary.size", "1000",
          "batch.size", "16",
          "batch.micro.size", "8",
          "order.window", "128",
          "checkpoint.every.steps", "40");

  private final Kills events = new Kills("outage");
  private Cast cast;
  private Topics topics;

  @BeforeEach
  void startAll(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder) throws Exception {
    Path text = Files.createDirectory(folder.resolve("text"));
    List<Corpus.Source> sources =
        Corpus.demo(Program.HOME.resolve("corpora")).stream()
            .filter(source -> source.size() <= DOCUMENT_BYTES_MAX)
            .limit(DOCUMENTS)
            .toList();
    for (Corpus.Source source : sources) {
      Files.write(text.resolve(source.id() + ".txt"), source.content().read());
    }
    cast = new Cast(folder, text, SETTINGS);
    topics = cast.settings().topics();
    cast.startUp();
    cast.vocab().run(PATIENCE);
    cast.dataset().run(PATIENCE);
    for (Actor actor : List.of(cast.one(), cast.two(), cast.train(), cast.ingest())) {
      actor.start();
    }
    awaitMore("something is learned");
  }

  @AfterEach
  void stop() throws Exception {
    cast.close();
  }

  @Test
  void itGoesOn() throws Exception {
    restartEachInTurn();
    noTextFor(PAUSE);
    nobodyAnswersFor(AWAY);
    cast.rest().run(PATIENCE);
    cast.replay().run(PATIENCE);
    Await.until("both replays are learned", PATIENCE, this::isAllLearned);
    JsonNode books = JSON.readTree(cast.status()).get("datasets").get(0);
    assertThat(books.get("balanced").asBoolean()).as("%s", books).isTrue();
    assertThat(books.get("documents").asLong()).isEqualTo(DOCUMENTS);
    assertThat(books.get("pending").asLong()).isZero();
    LearnedOnce.check(ledger(), new RunPlan(cast.settings()).epochs().values(), ends());
    System.out.printf(
        "outage: pause_s=%d away_s=%d steps=%d documents=%d all_learned_once=true%n",
        PAUSE.toSeconds(), AWAY.toSeconds(), ledger().size(), DOCUMENTS);
  }

  /** As one would for a new version: each is told to end, and begun again when it has. */
  private void restartEachInTurn() throws Exception {
    for (Actor actor : List.of(cast.one(), cast.train(), cast.two())) {
      Duration took = actor.program().terminate(SIGNAL_MAX);
      events.say(actor + " ended " + took.toMillis() + " ms after SIGTERM");
      actor.start();
      awaitMore("text is learned after the restart of " + actor);
    }
    endUp();
    cast.startUp();
    awaitMore("text is learned after the restart of broker and registry");
    requireAllAlive();
  }

  private void noTextFor(Duration pause) throws Exception {
    Duration took = cast.ingest().program().terminate(SIGNAL_MAX);
    events.say("no text for " + pause.toSeconds() + " s; ingest ended in " + took.toMillis());
    Thread.sleep(pause.toMillis());
    requireAllAlive();
    cast.ingest().start();
    awaitMore("text is learned after the pause");
  }

  private void nobodyAnswersFor(Duration away) throws Exception {
    endUp();
    events.say("broker and registry are away for " + away.toSeconds() + " s");
    Thread.sleep(away.toMillis());
    requireAllAlive();
    cast.ingest().requireAlive();
    cast.startUp();
    awaitMore("text is learned after the outage");
    requireAllAlive();
    if (cast.ingest().program().isAlive()) { // After long it has sent all that was due meanwhile.
      Duration took = cast.ingest().program().terminate(SIGNAL_MAX);
      events.say("text came again; ingest ended in " + took.toMillis() + " ms");
    }
  }

  private void endUp() throws Exception {
    Duration took = cast.up().program().terminate(SIGNAL_MAX);
    events.say("broker and registry ended " + took.toMillis() + " ms after SIGTERM");
    assertThat(cast.broker().isAlive()).isFalse();
  }

  private void awaitMore(String what) throws Exception {
    int before = ledger().size();
    Await.until(what, PATIENCE, () -> ledger().size() > before);
    events.say(what);
  }

  private void requireAllAlive() throws Exception {
    for (Actor actor : List.of(cast.one(), cast.two(), cast.train())) {
      actor.requireAlive();
    }
  }

  private boolean isAllLearned() throws Exception {
    requireAllAlive();
    List<TrainingStep> ledger = ledger();
    TrainingStep last = ledger.get(ledger.size() - 1);
    return last.getEpoch() == REPLAYS && last.getOrderEnd() == Arrays.stream(ends()).sum();
  }

  private long[] ends() {
    int partitions = cast.settings().integer("dataset.partitions");
    return LogReader.endSequences(cast.settings().clients(), topics.segments("outage", partitions));
  }

  /** None before the run is declared. */
  private List<TrainingStep> ledger() {
    try {
      return LedgerReader.after(cast.settings().clients(), topics, "outage", 0);
    } catch (org.apache.kafka.common.errors.UnknownTopicOrPartitionException e) {
      return List.of();
    }
  }
}
