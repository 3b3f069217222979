package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The program as people run it, on a little real text: processes, a real broker, a real registry.
 * The tests are one story, told in order.
 */
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
class DemoIT {
  private static final int DOCUMENTS = 60;
  private static final int BAD_DOCUMENTS = 3;
  private static final int CHARS_MAX = 40_000;
  private static final String[] FIELDS = {
    "documents",
    "heldout_documents",
    "dead_letters",
    "segments",
    "epochs",
    "examples",
    "examples_verified",
    "steps",
    "logical_batch",
    "tokens_trained",
    "initial_loss",
    "final_loss",
    "heldout_loss",
    "heldout_mask_loss",
    "unigram_loss",
    "unigram_mask_loss",
    "heldout",
    "first_step_at",
    "last_document_at",
    "waiting_share",
    "seconds",
    "checkpoint"
  };
  private static final String TEXT = "text";
  private static final Duration DEMO_MAX = Duration.ofMinutes(4);
  private static final Duration STOP_MAX = Duration.ofSeconds(20);
  private static final ObjectMapper JSON = new ObjectMapper();

  private Path folder;
  private Path text;
  private Path data;
  private Program demo;
  private JsonNode report;

  @BeforeAll
  void writeTexts(@TempDir Path temporary) throws IOException {
    folder = temporary;
    text = Files.createDirectory(folder.resolve(TEXT));
    data = folder.resolve("data");
    List<Corpus.Source> sources = Corpus.demo(Program.HOME.resolve("corpora"));
    for (Corpus.Source source : sources.subList(0, DOCUMENTS)) {
      Files.writeString(text.resolve(source.id() + ".txt"), Ingest.text(source, 1_000_000));
    }
    Files.writeString(text.resolve("empty.txt"), " \n");
    Files.write(text.resolve("latin1.txt"), "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
    Files.writeString(text.resolve("long.txt"), "x".repeat(CHARS_MAX + 1));
  }

  @AfterAll
  void stop() throws Exception {
    if (demo != null) {
      demo.kill();
    }
  }

  private Program startDemo(String... more) throws IOException {
    return startDemo(List.of(), more);
  }

  private Program startDemo(List<String> javaOptions, String... more) throws IOException {
    String[] options = {
      "demo",
      "--data",
      data.toString(),
      "--text",
      // Relative: a path is a document's id, which decides whether it is held out.
      TEXT,
      "--epochs",
      "2",
      "--seconds",
      "6",
      "--json",
      "--set",
      "batch.size=16",
      "--set",
      "batch.micro.size=8",
      "--set",
      "order.window=128",
      "--set",
      "document.chars.max=" + CHARS_MAX,
      "--set",
      "checkpoint.every.steps=50",
      "--set",
      "total.steps=300"
    };
    return Program.start(folder, Map.of(), javaOptions, Program.join(options, more));
  }

  private JsonNode json(String... arguments) throws Exception {
    String[] where = {"--data", data.toString(), "--json"};
    return JSON.readTree(Program.start(folder, Program.join(arguments, where)).finish(DEMO_MAX, 0));
  }

  @Test
  @Order(1)
  void everyDocumentIsLearnedInEveryEpoch() throws Exception {
    demo = startDemo();
    report = JSON.readTree(demo.awaitLine(DEMO_MAX));
    assertThat(report.fieldNames()).toIterable().containsExactlyInAnyOrder(FIELDS);
    assertThat(report.get("documents").asLong()).isEqualTo(DOCUMENTS);
    assertThat(report.get("dead_letters").asLong()).isEqualTo(BAD_DOCUMENTS);
    assertThat(report.get("heldout_documents").asLong()).isBetween(1L, DOCUMENTS / 4L);
    assertThat(report.get("epochs").asInt()).isEqualTo(3);
    long segments = report.get("segments").asLong();
    assertThat(segments).isGreaterThan(200);
    assertThat(report.get("examples").asLong()).isEqualTo(3 * segments);
    assertThat(report.get("examples_verified").asLong()).isEqualTo(3 * segments);
    assertThat(report.get("first_step_at").asDouble())
        .isLessThan(report.get("last_document_at").asDouble());
    assertThat(report.get("final_loss").asDouble())
        .isLessThan(report.get("initial_loss").asDouble() - 0.5);
    assertThat(demo.errors())
        .contains("latin1.txt: unreadable", "empty.txt: empty", "long.txt: too-long");
  }

  @Test
  @Order(2)
  void otherCommandsSeeTheSame() throws Exception {
    JsonNode status = json("status");
    JsonNode dataset = status.get("datasets").get(0);
    assertThat(dataset.get("balanced").asBoolean()).isTrue();
    assertThat(dataset.get("documents").asLong()).isEqualTo(DOCUMENTS);
    assertThat(dataset.get("segments").asLong()).isEqualTo(report.get("segments").asLong());
    JsonNode run = status.get("runs").get(0);
    assertThat(run.get("steps").asLong()).isEqualTo(report.get("steps").asLong());
    JsonNode heldOut = run.get("held_out");
    assertThat(heldOut.get("step")).as("the last step").isEqualTo(run.get("steps"));
    assertThat(heldOut.get("figures")).isEqualTo(report.get("heldout"));
    assertThat(heldOut.at("/figures/mask_loss")).isEqualTo(report.get("heldout_mask_loss"));
    assertThat(heldOut.at("/figures/copy_loss").asDouble())
        .isLessThan(report.get("unigram_loss").asDouble());
    assertThat(run.get("epochs"))
        .extracting(epoch -> epoch.get("state").asText())
        .containsExactly("live", "learned", "learned");

    JsonNode examples = json("peek", "--segment", "0:20", "--epochs", "1,2").get("examples");
    assertThat(examples.get(0).get("positions")).isNotEqualTo(examples.get(1).get("positions"));

    assertThat(json("peek").get("examples")).as("of the first segment").hasSize(3);

    assertThat(json("replay", "--explain").get("segments")).isEqualTo(report.get("segments"));

    JsonNode filled = json("fill-mask", "He looked at the <mask>.").get(0);
    assertThat(filled.get("best").get(0)).hasSize(5);
    double sum =
        StreamSupport.stream(filled.get("best").get(0).spliterator(), false)
            .mapToDouble(candidate -> candidate.get("probability").asDouble())
            .sum();
    assertThat(sum).isBetween(0.0, 1.0);
  }

  private Told told(String... arguments) {
    Told told = Told.by(Program.join(arguments, "--data", data.toString(), "--json"));
    assertThat(told.code()).as(told.errors()).isZero();
    return told;
  }

  /**
   * While the demo is up, a process of its own learns the end again, and every step is accounted.
   */
  @Test
  @Order(3)
  void theLedgerIsRedoneAndTraced() throws Exception {
    long steps = report.get("steps").asLong();
    JsonNode verified = json("ledger", "verify", "--run", "demo", "--from", Long.toString(steps));
    assertThat(verified.get("last").asLong()).isEqualTo(steps);
    assertThat(verified.get("same").asLong()).isBetween(1L, 50L);
    assertThat(verified.get("within_tolerance").asLong()).isZero();
    assertThat(verified.get("weights_hashes").asLong()).as("of the last step").isPositive();

    List<String> lines = told("ledger", "show", "--from", "1").output().lines().toList();
    assertThat(lines).hasSize((int) steps);
    JsonNode step = JSON.readTree(lines.get((int) steps - 10));
    assertThat(step.get("step").asLong()).isEqualTo(steps - 9);

    JsonNode behind =
        JSON.readTree(told("ledger", "trace", "--step", step.get("step").asText()).output());
    assertThat(behind.get("step").get("examples_sha256")).isEqualTo(step.get("examples_sha256"));
    assertThat(behind.get("segments")).hasSize(step.get("examples").asInt());
    JsonNode source = behind.get("documents").get(0);
    JsonNode traced =
        JSON.readTree(told("ledger", "trace", source.get("document").asText()).output());
    assertThat(traced.get("epochs").asInt()).isEqualTo(3);
    assertThat(traced.get("steps"))
        .as("the step among those of its document")
        .anySatisfy(
            learned -> {
              assertThat(learned.get("step")).isEqualTo(step.get("step"));
              assertThat(learned.get("tokens")).isEqualTo(source.get("tokens"));
            });
    long learned =
        StreamSupport.stream(traced.get("steps").spliterator(), false)
            .mapToLong(s -> s.get("tokens").asLong())
            .sum();
    assertThat(learned).as("all of it in each epoch").isEqualTo(3 * traced.get("tokens").asLong());
  }

  @Test
  @Order(4)
  void theDataFolderHasOneOwner() throws Exception {
    Program second = startDemo(Program.BRIEF);
    second.finish(DEMO_MAX, 2);
    assertThat(second.errors()).contains("is in use by another remask").doesNotContain("\tat ");
  }

  @Test
  @Order(5)
  void aSignalEndsItAndItsBroker() throws Exception {
    long broker = Long.parseLong(new DataFolder(data).published().getProperty("broker.pid"));
    assertThat(ProcessHandle.of(broker)).isPresent();
    demo.terminate(STOP_MAX);
    assertThat(ProcessHandle.of(broker).map(ProcessHandle::isAlive).orElse(false)).isFalse();
  }

  @Test
  @Order(6)
  void settingsThatAreFixedAreNamed() throws Exception {
    Program other = startDemo(Program.BRIEF, "--exit-when-done", "--set", "segment.length=32");
    other.finish(DEMO_MAX, 2);
    assertThat(other.errors()).contains("segment.length", "32", "64").doesNotContain("\tat ");
    Program shape = startDemo(Program.BRIEF, "--exit-when-done", "--set", "model.layers=1");
    shape.finish(DEMO_MAX, 2);
    assertThat(shape.errors()).contains("model.layers").doesNotContain("\tat ");
  }

  @Test
  @Order(7)
  void aSecondDemoGoesOn() throws Exception {
    JsonNode again = JSON.readTree(startDemo("--exit-when-done").finish(DEMO_MAX, 0));
    assertThat(again.get("documents").asLong()).isEqualTo(DOCUMENTS);
    assertThat(again.get("segments")).isEqualTo(report.get("segments"));
    assertThat(again.get("epochs").asInt()).isEqualTo(2);
    assertThat(again.get("examples").asLong()).isEqualTo(2 * report.get("segments").asLong());
    assertThat(again.get("last_document_at").isNull()).isTrue();
  }

  @Test
  void aPortInUseIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      Path other = folder.resolve("other");
      Program program = Program.start(folder, "demo", "--data", other.toString(), "--port", port);
      program.finish(DEMO_MAX, 2);
      assertThat(program.errors()).contains(port, "in use").doesNotContain("\tat ");
      assertThat(other.resolve("broker")).doesNotExist();
    }
  }

  @Test
  void mistakesAreOneLineAndExitTwo() throws Exception {
    String[][] mistakes = {
      {"demo", "--sooner"},
      {"demo", "--text", folder.resolve("nothing").toString()},
      {"demo", "--epochs", "many"},
      {"demo", "--set", "run.nam=x"},
      {"demo", "--set", "total.steps=10"},
      {"demo", "--set", "adam.epsilon=0"},
      {"demo", "--set", "masking.probability=0"},
      {"demo", "--data", "/dev/null/data"},
      {"demo", "--config", folder.resolve("none.properties").toString()},
      {"fill-mask", "no mask here", "--data", folder.resolve("unused").toString()},
      {"status", "--data", folder.resolve("unused").toString()},
      {"explode"}
    };
    List<Program> programs = new ArrayList<>();
    for (String[] mistake : mistakes) {
      programs.add(Program.start(folder, Map.of(), Program.BRIEF, mistake));
    }
    for (Program program : programs) {
      program.finish(DEMO_MAX, 2);
      assertThat(program.errors().lines().filter(line -> line.startsWith("remask: "))).hasSize(1);
      assertThat(program.errors()).doesNotContain("\tat ");
    }
  }
}
