package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.Topics;
import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.Checkpoint;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.log.LedgerReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged program, killed with -9 while text comes in, killed again in the middle of the
 * replays, ended by a signal while it trains, and each time just started again. Proves that it goes
 * on by itself, the broker that a kill leaves behind included; that in the end every document is in
 * the books and every example of every epoch was learned exactly once, told by the ledger; that a
 * signal ends it soon, with a checkpoint at the ledger's end and no process left. The tests are one
 * story, told in order.
 */
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
@Timeout(120)
class KillIT {
  private static final int DOCUMENTS = 40;
  private static final int REPLAYS = 5;
  private static final int CHECKPOINT_STEPS = 40;
  private static final String RUN = "demo";
  private static final Topics TOPICS = new Topics("remask.");
  private static final String TEXT = "text";
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Duration SIGNAL_MAX = Duration.ofSeconds(10);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<Program> programs = new ArrayList<>();
  private final List<ProcessHandle> brokers = new ArrayList<>();
  private Path folder;
  private Path text;
  private DataFolder data;

  /** Of the stack that was seen up last; its broker may outlive it. */
  private Map<String, Object> clients = Map.of();

  private TrainingStep killed;
  private JsonNode report;

  @BeforeAll
  void writeTexts(@TempDir Path temporary) throws Exception {
    folder = temporary;
    text = Files.createDirectory(folder.resolve(TEXT));
    data = new DataFolder(folder.resolve("data"));
    List<Corpus.Source> sources = Corpus.demo(Program.HOME.resolve("corpora"));
    for (Corpus.Source source : sources.subList(0, DOCUMENTS)) {
      Files.writeString(text.resolve(source.id() + ".txt"), Ingest.text(source, 1_000_000));
    }
  }

  /** Only what this test has started, by handle. */
  @AfterAll
  void stop() throws Exception {
    for (Program program : programs) {
      program.kill();
    }
    brokers.forEach(ProcessHandle::destroyForcibly);
  }

  /**
   * @param seconds over which the texts that are not there yet come in
   */
  private Program startDemo(int seconds, String... more) throws Exception {
    String[] options = {
      "demo",
      "--data",
      data.root().toString(),
      "--text",
      // Relative: a path is a document's id, which decides whether it is held out.
      TEXT,
      "--epochs",
      Integer.toString(REPLAYS),
      "--seconds",
      Integer.toString(seconds),
      "--json",
      "--set",
      "batch.size=16",
      "--set",
      "batch.micro.size=8",
      "--set",
      "order.window=128",
      "--set",
      "checkpoint.every.steps=" + CHECKPOINT_STEPS
    };
    Program program = Program.start(folder, Program.join(options, more));
    programs.add(program);
    return program;
  }

  @Test
  @Order(1)
  void killedWhileTextComesIn() throws Exception {
    Program demo = startDemo(30);
    Await.until(
        "some is learned while text comes in", PATIENCE, () -> isUp(demo) && ledger().size() > 5);
    killAlone(demo);
    assertThat(documents()).as("documents when it was killed").isBetween(1L, DOCUMENTS - 1L);
  }

  @Test
  @Order(2)
  void killedInTheMiddleOfTheReplays() throws Exception {
    ProcessHandle leftOver = brokers.get(0);
    assertThat(leftOver.isAlive()).as("the broker is left over").isTrue();
    Program demo = startDemo(3);
    Await.until(
        "a replay is under way, well after a checkpoint and before the next",
        PATIENCE,
        () -> {
          long ahead = isUp(demo) ? last(ledger()).getStep() % CHECKPOINT_STEPS : 0;
          return ahead > 2 && ahead < CHECKPOINT_STEPS / 2 && last(ledger()).getEpoch() >= 1;
        });
    assertThat(leftOver.isAlive()).as("the left-over broker was stopped").isFalse();
    killAlone(demo);
    killed = last(ledger());
    assertThat(killed.getEpoch()).isBetween(1, REPLAYS - 1);
    assertThat(checkpoint().position().step())
        .as("the ledger is ahead of the checkpoint, so that steps must be redone")
        .isLessThan(killed.getStep());
  }

  @Test
  @Order(3)
  void aSignalWhileItTrainsEndsItWithACheckpoint() throws Exception {
    Program demo = startDemo(3);
    Await.until(
        "it learns on",
        PATIENCE,
        () -> isUp(demo) && last(ledger()).getStep() > killed.getStep() + 10);
    remember(demo);
    demo.terminate(SIGNAL_MAX);
    assertThat(brokers).as("every broker has ended").noneMatch(ProcessHandle::isAlive);
    assertThat(demo.errors()).doesNotContain("did not end in time").doesNotContain("\tat ");
    assertThat(Files.readString(data.log("demo"))).contains("Redoing steps");
  }

  @Test
  @Order(4)
  void goesOnToTheEnd() throws Exception {
    long saved = checkpoint().position().step();
    report = JSON.readTree(startDemo(3, "--exit-when-done").finish(PATIENCE, 0));
    assertThat(report.get("documents").asLong()).isEqualTo(DOCUMENTS);
    assertThat(report.get("epochs").asInt()).as("of this start").isBetween(1, REPLAYS);
    assertThat(report.get("examples").asLong()).isPositive();
    assertThat(report.get("examples_verified")).isEqualTo(report.get("examples"));
    assertThat(report.get("steps").asLong())
        .as("nothing was learned again: the signal's checkpoint was at the ledger's end")
        .isEqualTo(checkpoint().position().step() - saved);
  }

  @Test
  @Order(5)
  void everyExampleWasLearnedExactlyOnce() throws Exception {
    try (LocalStack stack = LocalStack.start(data, data.lock(), 0, 0)) {
      Program program = Program.start(folder, "status", "--json", "--data", data.root().toString());
      programs.add(program);
      JsonNode status = JSON.readTree(program.finish(PATIENCE, 0));
      JsonNode dataset = status.get("datasets").get(0);
      long segments = dataset.get("segments").asLong();
      assertThat(dataset.get("balanced").asBoolean()).isTrue();
      assertThat(dataset.get("documents").asLong()).isEqualTo(DOCUMENTS);
      assertThat(dataset.get("duplicates").asLong()).isZero();
      assertThat(dataset.get("pending").asLong()).isZero();
      assertThat(segments).isEqualTo(report.get("segments").asLong()).isGreaterThan(200);
      JsonNode epochs = status.get("runs").get(0).get("epochs");
      assertThat(epochs).hasSize(1 + REPLAYS);
      assertThat(epochs).allMatch(epoch -> epoch.get("learned").asLong() == segments);
      for (int epoch = 1; epoch <= REPLAYS; epoch++) {
        assertThat(epochs.get(epoch).get("examples").asLong()).isEqualTo(segments);
        assertThat(epochs.get(epoch).get("state").asText()).isEqualTo("learned");
      }

      long[] ends =
          LogReader.endSequences(
              stack.clients(), TOPICS.segments("demo", dataset.get("partitions").asInt()));
      assertThat(Arrays.stream(ends).sum()).isEqualTo(segments);
      List<TrainingStep> ledger = LedgerReader.after(stack.clients(), TOPICS, RUN, 0);
      LearnedOnce.check(ledger, planned(stack.clients()), ends);
      assertThat(checkpoint().position().step()).isEqualTo(last(ledger).getStep());
    }
  }

  /** Its stack can be asked: topics and run are there. */
  private boolean isUp(Program demo) throws Exception {
    assertThat(demo.isAlive()).as(demo.errors()).isTrue();
    if (!demo.errors().contains("  stream ")) {
      return false;
    }
    Properties published = data.published();
    clients =
        published.stringPropertyNames().stream()
            .collect(Collectors.toMap(key -> key, published::getProperty));
    try {
      return !ledger().isEmpty();
    } catch (UnknownTopicOrPartitionException e) {
      return false;
    }
  }

  private void killAlone(Program demo) throws Exception {
    remember(demo);
    demo.killAlone();
  }

  private void remember(Program demo) {
    List<ProcessHandle> children = demo.children();
    assertThat(children).as("the demo's broker").hasSize(1);
    brokers.addAll(children);
  }

  private List<TrainingStep> ledger() throws Exception {
    return LedgerReader.after(clients, TOPICS, RUN, 0);
  }

  /** Without the registry, which ends with the demo. */
  private long documents() throws Exception {
    int partitions = 4;
    return StreamRows.read(
            clients,
            TOPICS.documents(partitions).name(),
            partitions,
            IsolationLevel.READ_COMMITTED,
            record -> record.value() != null)
        .stream()
        .mapToLong(partition -> partition.stream().filter(isDocument -> isDocument).count())
        .sum();
  }

  private static Collection<PlannedEpoch> planned(Map<String, Object> clients) {
    try (PlanReader plans = new PlanReader(clients, TOPICS)) {
      plans.readToEnd();
      return plans.epochs(RUN).values();
    }
  }

  private Checkpoint checkpoint() throws Exception {
    return Checkpoints.newest(data.checkpoints(RUN)).orElseThrow();
  }

  private static TrainingStep last(List<TrainingStep> ledger) {
    return ledger.get(ledger.size() - 1);
  }
}
