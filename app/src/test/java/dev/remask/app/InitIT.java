package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.remask.app.Corpus.Source;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Replication;
import dev.remask.schemas.Topic;
import dev.remask.schemas.TopicAdmin;
import dev.remask.schemas.TrainingStep;
import dev.remask.topology.StreamInstance;
import dev.remask.trainer.Checkpoint;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.log.LedgerReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that begins with a model that is there, on a real broker. Proves that what does not fit
 * declares no run; that the weights before the first step are the model's; that a restart needs not
 * be told of it, and refuses another; that a redo from the first step on begins with it again; that
 * a change of its ledger is found, and a checkpoint that disagrees with it refused.
 */
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
@Timeout(180)
@ExtendWith(TestStack.Shared.class)
class InitIT {
  private static final String PREFIX = "init.";
  private static final int LENGTH = 32;

  /** Longer than a segment, as roberta-base is. */
  private static final int POSITIONS = 512;

  private static final String[] SETTINGS = {
    "dataset.name=books",
    "run.name=first",
    "segment.length=" + LENGTH,
    "dataset.partitions=2",
    "heldout.permille=100",
    "model.dropout=0", // as the model says that it begins with
    "batch.size=" + 32 * LENGTH + " tokens",
    "batch.micro.size=8",
    "order.window=64",
    "learning.rate=0.001",
    "warmup.steps=2",
    "total.steps=40",
    "checkpoint.every.steps=10",
    "checkpoint.keep=9",
    "evaluate.every.steps=4",
    "http.port=-1"
  };

  private TestStack stack;
  private Path folder;
  private Path model;
  private Path data;
  private String sha256 = "";

  @BeforeAll
  void pack(TestStack shared, @TempDir Path temporary) throws Exception {
    stack = shared;
    folder = temporary;
    data = folder.resolve("data");
    List<Source> sources = Corpus.demo(Program.HOME.resolve("corpora")).subList(0, 60);
    Vocabulary vocabulary =
        Vocabulary.learn(sources.stream().map(s -> Ingest.text(s, 1_000_000)).toList(), 500);
    model =
        ModelFolders.make(
            folder.resolve("model"),
            vocabulary,
            new ModelShape(2, 16, 2, 32, vocabulary.size(), POSITIONS),
            7);
    told("dataset", "--vocab", model.resolve("tokenizer.json").toString()).isFine();
    Settings settings = stack.settings(PREFIX, withoutPort());
    Dataset dataset = new Setup(settings).dataset();
    // The live lane of another run packs the text.
    Settings packing = stack.settings(PREFIX, Program.join(withoutPort(), "run.name=packing"));
    new Setup(packing).ensureTopics(dataset, "packing");
    new RunPlan(packing).declare(dataset);
    try (StreamInstance stream =
            new Streaming(packing).instance(dataset, folder.resolve("streams"), line -> {});
        Ingest ingest = new Ingest(settings, dataset)) {
      stream.start();
      ingest.feed(Sources.of(sources), Pace.UNLIMITED, (source, reason) -> {}, () -> false);
      ingest.finish(true, (source, reason) -> {});
      assertThat(stream.awaitPacked(Duration.ofSeconds(60))).isTrue();
    }
  }

  private static String[] withoutPort() {
    return Stream.of(SETTINGS).filter(s -> !s.startsWith("http.")).toArray(String[]::new);
  }

  /** A command's answer, which may be asserted to be good. */
  private record Answer(Told told) {
    void isFine() {
      assertThat(told.code()).as(told.errors()).isZero();
    }

    void isRefused(String... facts) {
      told.isOneLine(Main.WRONG_USAGE, facts);
    }
  }

  private Answer told(String command, String... more) {
    Stream<String> settings =
        Stream.concat(
                Stream.of(SETTINGS),
                Stream.of(
                    "topic.prefix=" + PREFIX,
                    "kafka.bootstrap.servers=" + stack.clients().get("bootstrap.servers"),
                    "schema.registry.url=" + stack.clients().get(LocalStack.REGISTRY_URL)))
            .flatMap(setting -> Stream.of("--set", setting));
    String[] first = Program.join(command.split(" "), "--data", data.toString());
    return new Answer(
        Told.by(Program.join(Program.join(first, settings.toArray(String[]::new)), more)));
  }

  private Path checkpoints() {
    return new DataFolder(data).checkpoints("first");
  }

  private boolean declared() {
    return Run.isDeclared(stack.settings(PREFIX, withoutPort()));
  }

  @Test
  @Order(1)
  void whatDoesNotFitDeclaresNoRun() throws IOException {
    Path foreign =
        ModelFolders.make(
            folder.resolve("foreign"),
            ModelFolders.VOCABULARY,
            new ModelShape(1, 8, 1, 8, ModelFolders.VOCABULARY.size(), POSITIONS),
            1);
    told("train", "--init", foreign.toString())
        .isRefused("--init", foreign.toString(), "vocabulary", "dataset 'books'", "--vocab");
    Vocabulary vocabulary = Vocabulary.parse(Files.readAllBytes(model.resolve("tokenizer.json")));
    Path narrow =
        ModelFolders.make(
            folder.resolve("short"),
            vocabulary,
            new ModelShape(1, 8, 1, 8, vocabulary.size(), LENGTH - 1),
            1);
    told("train", "--init", narrow.toString())
        .isRefused("segment.length", Integer.toString(LENGTH), "the " + (LENGTH - 1) + " tokens");
    told(
            "train",
            "--init",
            model.toString(),
            "--set",
            "batch.micro.size=4096",
            "--set",
            "batch.size=4096",
            "--set",
            "examples.ahead.max=100000",
            "--set",
            "train.workers=256")
        .isRefused("MiB outside the heap; allowed: ");
    told("train", "--init", model.toString(), "--set", "batch.size=31 tokens")
        .isRefused("batch.size", "31 tokens", "at least segment.length, 32 tokens");
    told("train", "--init", folder.resolve("nowhere").toString()).isRefused("no such file");
    assertThat(declared()).isFalse();
    assertThat(checkpoints()).doesNotExist();
  }

  @Test
  @Order(2)
  void aRunBeginsWithItsWeights() throws Exception {
    Settings settings = stack.settings(PREFIX, withoutPort());
    Dataset dataset = new Setup(settings).dataset();
    new Setup(settings).ensureTopics(dataset, "first");
    new RunPlan(settings).declare(dataset);
    new RunPlan(settings).planUpTo(dataset, 1);
    try (StreamInstance stream =
        new Streaming(settings).instance(dataset, folder.resolve("first"), line -> {})) {
      stream.start();
      told("train", "--init", model.toString(), "--until-step", "12").isFine();
    }
    Checkpoint first = Checkpoints.newest(checkpoints(), 0).orElseThrow();
    assertThat(first.position().step()).isZero();
    assertThat(first.model().resolve("model.safetensors"))
        .hasSameBinaryContentAs(model.resolve("model.safetensors"));
    assertThat(first.model().resolve("config.json"))
        .hasSameBinaryContentAs(model.resolve("config.json"));
    assertThat(first.model().resolve("tokenizer_config.json"))
        .hasSameBinaryContentAs(model.resolve("tokenizer_config.json"));
    sha256 = first.configuration().getOrDefault(InitialModel.SHA256, "");
    assertThat(sha256)
        .isEqualTo(ModelFolder.open("--init", model).sha256())
        .isNotEqualTo(ModelFolder.open("--init", newest().model()).sha256());
    assertThat(first.configuration()).containsEntry("model.positions", "512");
    assertThat(checkpoints().resolve(InitialModel.SHA256)).hasContent(sha256);
  }

  private Checkpoint newest() throws IOException {
    return Checkpoints.newest(checkpoints()).orElseThrow();
  }

  @Test
  @Order(3)
  void aRestartNeedsNotBeToldAndRefusesAnother() throws Exception {
    told("train", "--until-step", "14").isFine();
    assertThat(newest().position().step()).isEqualTo(14);
    assertThat(newest().configuration()).containsEntry(InitialModel.SHA256, sha256);
    told("train", "--init", model.toString(), "--until-step", "15").isFine();
    told("train", "--set", "model.hidden=64").isRefused("model.hidden", "64", "has 16");
    Vocabulary vocabulary = Vocabulary.parse(Files.readAllBytes(model.resolve("tokenizer.json")));
    Path other =
        ModelFolders.make(
            folder.resolve("other"),
            vocabulary,
            new ModelShape(2, 16, 2, 32, vocabulary.size(), POSITIONS),
            8);
    told("train", "--init", other.toString())
        .isRefused("--init", other.toString(), InitialModel.SHA256, "was trained with " + sha256);
    assertThat(newest().position().step()).isEqualTo(15);
  }

  /** The ledger alone is left: learned again from the model on, every step is what it was. */
  @Test
  @Order(4)
  void aRedoFromTheFirstStepBeginsWithItAgain() throws Exception {
    Path newest = newest().model().resolve("model.safetensors");
    Path kept = Files.copy(newest, folder.resolve("kept.safetensors"));
    Files.move(checkpoints(), folder.resolve("moved"));
    told("train", "--init", model.toString()).isRefused("first.ledger holds 15 steps", "--redo");
    told("train", "--init", model.toString(), "--redo", "--until-step", "15").isFine();
    assertThat(newest().model().resolve("model.safetensors")).hasSameBinaryContentAs(kept);

    Files.move(checkpoints(), folder.resolve("moved-again"));
    Told random =
        told(
                "train",
                "--redo",
                "--set",
                "model.layers=2",
                "--set",
                "model.hidden=16",
                "--set",
                "model.heads=2",
                "--set",
                "model.feedforward=32",
                "--set",
                "model.positions=512")
            .told();
    assertThat(random.code()).isEqualTo(Main.FAILED);
    assertThat(random.errors()).contains("step 1 cannot be redone: loss was ");
  }

  /** What was found while it learned, in the ledger for everybody. */
  @Test
  @Order(5)
  void statusTellsOfTheHeldOutText() throws Exception {
    JsonNode runs =
        new ObjectMapper().readTree(told("status", "--json").told().output()).get("runs");
    JsonNode first = runs.get(0).get("name").asText().equals("first") ? runs.get(0) : runs.get(1);
    JsonNode heldOut = first.get("held_out");
    assertThat(heldOut.get("step").asLong()).isEqualTo(15);
    JsonNode figures = heldOut.get("figures");
    assertThat(figures.get("segments").asInt()).isPositive();
    assertThat(figures.get("mask_perplexity").asDouble())
        .isEqualTo(Math.exp(figures.get("mask_loss").asDouble()));
    assertThat(figures.get("bits_per_byte").asDouble()).isBetween(1.0, 8.0);
    assertThat(figures.get("copy_loss").asDouble())
        .isLessThan(figures.get("unigram_loss").asDouble());
    assertThat(told("status").told().output())
        .contains("held out at step 15: ", "at <mask> (perplexity ", "with copying: ");
  }

  /** Of the ledger, what {@code change} makes of it. */
  private void rewriteLedger(UnaryOperator<List<TrainingStep>> change) throws Exception {
    Settings settings = stack.settings(PREFIX, withoutPort());
    Topic<TrainingStep> topic = settings.topics().ledger("first");
    List<TrainingStep> steps =
        change.apply(LedgerReader.after(settings.clients(), settings.topics(), "first", 0));
    try (Admin admin = Admin.create(ClientConfigs.admin(settings.clients()));
        KafkaProducer<byte[], TrainingStep> producer =
            new KafkaProducer<>(
                ClientConfigs.producer(settings.clients()),
                new ByteArraySerializer(),
                AvroSerdes.of(TrainingStep.class, settings.clients()).serializer())) {
      admin.deleteTopics(List.of(topic.name())).all().get();
      Await.until(
          "the topic is gone",
          Duration.ofSeconds(20),
          () -> !admin.listTopics().names().get().contains(topic.name()));
      TopicAdmin.ensure(admin, Replication.ONE, List.of(topic));
      for (TrainingStep step : steps) {
        byte[] key = ByteBuffer.allocate(Long.BYTES).putLong(step.getStep()).array();
        producer.send(new ProducerRecord<>(topic.name(), 0, key, step)).get();
      }
    }
  }

  private static List<TrainingStep> planted(List<TrainingStep> steps) {
    List<TrainingStep> planted = new ArrayList<>(steps);
    TrainingStep step = steps.get(12);
    planted.set(12, TrainingStep.newBuilder(step).setLoss(Math.nextUp(step.getLoss())).build());
    return planted;
  }

  /** What nobody may do to a ledger is found; what it says is learned again without a trainer. */
  @Test
  @Order(6)
  void verifyNamesThePlantedStep() throws Exception {
    Files.move(checkpoints(), folder.resolve("failed"));
    Files.move(folder.resolve("moved-again"), checkpoints());
    told("ledger verify").isRefused("--init", "no checkpoint before step 1 is left");
    String answer = told("ledger verify", "--json", "--init", model.toString()).told().output();
    JsonNode whole = new ObjectMapper().readTree(answer);
    assertThat(whole.get("first").asLong()).isEqualTo(1);
    assertThat(whole.get("same").asLong()).isEqualTo(15);
    assertThat(whole.get("weights_hashes").asLong()).as("steps 10, 12, 14, 15").isEqualTo(4);
    assertThat(whole.get("difference").isNull()).isTrue();

    rewriteLedger(InitIT::planted);
    Told found = told("ledger verify", "--from", "11").told();
    assertThat(found.code()).isEqualTo(Main.FAILED);
    assertThat(found.output())
        .contains("steps 11 to 15, beginning with " + checkpoints().resolve("step-10"))
        .contains("step 13: loss is ", "the ledger has ", "the 2 steps before are the same");
    told("ledger verify", "--from", "11", "--to", "12").isFine();
    told("ledger verify", "--from", "16").isRefused("--from", "from 1 to 15");
  }

  /** A checkpoint of which the ledger knows nothing may be of another life. */
  @Test
  @Order(7)
  void aCheckpointAheadOfTheLedgerIsRefusedAndARedoSetsItAside() throws Exception {
    rewriteLedger(steps -> steps.subList(0, 9));
    told("train")
        .isRefused(
            checkpoints().resolve("step-15") + " is at step 15",
            "first.ledger ends at step 9",
            "--redo");
    told("train", "--redo").isRefused("--init", "name it");
    told("train", "--redo", "--init", model.toString(), "--until-step", "11").isFine();
    assertThat(newest().position().step()).isEqualTo(11);
    assertThat(checkpoints().resolve("before-redo-1/step-15")).isDirectory();
    // What step 15's checkpoint has purged is recomputed, after a restart as well.
    told("train", "--until-step", "15").isFine();
    assertThat(newest().position().step()).isEqualTo(15);
  }

  /** With a learning rate that no model bears it is lost at once, and says so after fifty steps. */
  @Test
  @Order(8)
  void aRunThatDivergesEndsWithOneLine() throws Exception {
    String[] steep = {
      "run.name=steep",
      "learning.rate=1",
      "learning.rate.schedule=constant",
      "warmup.steps=0",
      "batch.size=4",
      "batch.micro.size=4"
    };
    Settings settings = stack.settings(PREFIX, Program.join(withoutPort(), steep));
    Dataset dataset = new Setup(settings).dataset();
    new Setup(settings).ensureTopics(dataset, "steep");
    new RunPlan(settings).declare(dataset);
    String[] more =
        Stream.of(steep).flatMap(setting -> Stream.of("--set", setting)).toArray(String[]::new);
    try (StreamInstance stream =
        new Streaming(settings).instance(dataset, folder.resolve("steep"), line -> {})) {
      stream.start();
      told("train", Program.join(more, "--init", model.toString()))
          .told()
          .isOneLine(
              Main.FAILED, ": every loss was above ", "learning.rate", "--segment", "--epochs 0");
    }
    Path kept = new DataFolder(data).checkpoints("steep");
    assertThat(Checkpoints.newest(kept).orElseThrow().position().step()).isLessThan(60);
  }
}
