package dev.remask.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.LogReader;
import dev.remask.topology.JsonField;
import dev.remask.topology.StreamInstance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * What comes in, on a real broker: JSON lines are there once however often ingest is begun again,
 * what is refused has its reason and does not stop the rest, and after a fix it is sent back once.
 */
@Timeout(120)
@ExtendWith(TestStack.Shared.class)
class IntakeIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** More schemas than anybody registers meanwhile. */
  private static final int AHEAD = 60;

  private static final String TEXT = "{\"id\":\"%s\",\"text\":\"The text of number %s.\"}\n";

  @TempDir private Path folder;

  private String prefix = "";
  private Settings settings;
  private Dataset dataset;

  private void declare(TestStack stack, String name) {
    prefix = name + ".";
    settings =
        stack.settings(prefix, "dataset.name=" + name, "run.name=" + name, "vocabulary.size=300");
    dataset = TestStack.declare(settings, List.of("The text of number one."));
  }

  private Told told(String... command) {
    return Told.by(
        Program.join(
            command,
            "--data",
            folder.resolve("data").toString(),
            "--set",
            "kafka.bootstrap.servers=" + settings.clients().get("bootstrap.servers"),
            "--set",
            LocalStack.REGISTRY_URL + "=" + settings.clients().get(LocalStack.REGISTRY_URL),
            "--set",
            "topic.prefix=" + prefix));
  }

  private JsonNode json(int code, String... command) throws IOException {
    Told told = told(Program.join(command, "--json"));
    assertThat(told.code()).as(told.errors()).isEqualTo(code);
    return JSON.readTree(told.output());
  }

  private Ingest ingest(Path file, int most) throws InterruptedException {
    AtomicInteger left = new AtomicInteger(most);
    Ingest ingest = new Ingest(settings, dataset);
    Reading reading =
        new Reading(
            null,
            JsonField.of("--id-field", "id"),
            JsonField.of("--text-field", "text"),
            null,
            "file");
    try (ingest;
        Sources sources = Texts.files(List.of(file.toString()), reading).open(1_000, () -> false)) {
      ingest.feed(sources, Pace.UNLIMITED, (s, bad) -> {}, () -> left.getAndDecrement() == 0);
      ingest.finish(false, (s, bad) -> {});
    }
    return ingest;
  }

  /** How often each key is in a topic. */
  private Map<String, Integer> keys(String topic) {
    Map<String, Integer> keys = new TreeMap<>();
    LogReader.readRaw(
        settings.clients(),
        topic,
        record -> keys.merge(new String(record.key(), UTF_8), 1, Integer::sum));
    return keys;
  }

  @Test
  void anIngestThatIsBegunAgainLosesAndRepeatsNothing(TestStack stack) throws Exception {
    declare(stack, "again");
    Path file = folder.resolve("a.jsonl");
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      lines.append(i % 10 == 3 ? "broken\n" : TEXT.formatted(i, i));
    }
    Files.writeString(file, lines);
    assertThat(ingest(file, 37).written()).isEqualTo(33);
    assertThat(ingest(file, 71).written()).isEqualTo(31);
    Files.writeString(file, lines + TEXT.formatted("last", "last"));
    assertThat(ingest(file, 1_000))
        .returns(27L, Ingest::written)
        .returns(64L, Ingest::skipped)
        .returns(10L, Ingest::refused);
    Map<String, Integer> documents = keys(dataset.getDocumentsTopic());
    assertThat(documents).hasSize(91);
    assertThat(documents.values()).containsOnly(1);
    Map<String, Integer> refused = keys(settings.topics().deadLetters());
    assertThat(refused).hasSize(10).containsKey(file + ":4");
    assertThat(refused.values()).containsOnly(1);

    Files.writeString(file, TEXT.formatted(0, "new"));
    assertThat(ingest(file, 1_000).written()).as("what has changed is written").isOne();
  }

  /** Of that the broker tells only once it was written. */
  @Test
  void whatTheBrokerDoesNotTakeIsNotSentBack(TestStack stack) throws Exception {
    declare(stack, "large");
    Path file = folder.resolve("c.jsonl");
    Files.writeString(file, "broken\n");
    assertThat(ingest(file, 10).refused()).isOne();
    ConfigResource topic =
        new ConfigResource(ConfigResource.Type.TOPIC, dataset.getDocumentsTopic());
    ConfigEntry limit = new ConfigEntry("max.message.bytes", "500");
    try (Admin admin = Admin.create(settings.clients())) {
      admin
          .incrementalAlterConfigs(
              Map.of(topic, List.of(new AlterConfigOp(limit, AlterConfigOp.OpType.SET))))
          .all()
          .get();
    }
    byte[] noise = new byte[2_000];
    new Random(1).nextBytes(noise);
    Files.writeString(file, TEXT.formatted("large", HexFormat.of().formatHex(noise)));
    assertThat(json(Main.FAILED, back("--id-field", "id")).at("/fates").toString())
        .isEqualTo("{\"still-bad\":1}");
    Files.writeString(file, TEXT.formatted("small", "one"));
    assertThat(json(0, back("--id-field", "id")).at("/fates").toString()).isEqualTo("{\"sent\":2}");
  }

  @Test
  void whatWasRefusedIsListedAndSentBackOnceItIsFixed(TestStack stack) throws Exception {
    declare(stack, "back");
    Schema later =
        new Schema.Parser()
            .parse(
                "{\"type\":\"record\",\"name\":\"Document\",\"namespace\":\"dev.remask.schemas\",\"fields\":["
                    + "{\"name\":\"text\",\"type\":{\"type\":\"string\",\"avro.java.string\":\"String\"}},"
                    + "{\"name\":\"mood\",\"type\":\"string\"}]}");
    int id = register("back-probe", enumeration(0)) + AHEAD;
    Path file = folder.resolve("b.jsonl");
    Files.writeString(file, TEXT.formatted("good", "one") + "broken\n");
    assertThat(ingest(file, 10).refused()).isOne();
    byte[] unknown = avro(id, later);
    produce("poison", new byte[] {0, 0, 0, 0, 1, (byte) 0xFF, (byte) 0xFF});
    produce("unknown", unknown);
    try (StreamInstance stream =
        new Streaming(settings).instance(dataset, folder.resolve("streams"), line -> {})) {
      stream.start();
      assertThat(stream.awaitPacked(PATIENCE)).isTrue();
      JsonNode listed = json(0, "dead-letters", "--dataset", "back", "--since", "1h");
      assertThat(listed.at("/reasons/0/reason").asText()).isEqualTo("unreadable");
      assertThat(listed.at("/reasons/0/letters").asInt()).isEqualTo(3);
      shown(listed, unknown);

      JsonNode still = json(Main.FAILED, back());
      assertThat(still.at("/fates").toString()).isEqualTo("{\"still-bad\":3}");
      fix(id, later);
      Files.writeString(file, TEXT.formatted("good", "one") + TEXT.formatted("fixed", "two"));
      String[] back = back("--id-field", "id");
      JsonNode would = json(Main.FAILED, Program.join(back, "--dry-run"));
      assertThat(would.at("/fates").toString()).isEqualTo("{\"sent\":2,\"still-bad\":1}");
      assertThat(keys(dataset.getDocumentsTopic())).doesNotContainKey("fixed");
      assertThat(json(Main.FAILED, back).at("/fates")).isEqualTo(would.at("/fates"));
      assertThat(json(Main.FAILED, back).at("/fates").toString())
          .isEqualTo("{\"already\":2,\"still-bad\":1}");
      assertThat(stream.awaitPacked(PATIENCE)).isTrue();
    }
    requireSentOnce();
  }

  /** The files are not below the folder that the test runs in. */
  private String[] back(String... options) {
    String[] back = {"dead-letters", "--send-back", "--files", folder.toString()};
    return Program.join(back, options);
  }

  private void requireSentOnce() throws IOException {
    assertThat(keys(dataset.getDocumentsTopic()))
        .isEqualTo(Map.of("good", 1, "poison", 1, "unknown", 2, "fixed", 1));
    JsonNode books = json(0, "status").at("/datasets/0");
    assertThat(books.get("balanced").asBoolean()).isTrue();
    assertThat(books.get("dead_letters").asInt()).isEqualTo(2);
    assertThat(told("dead-letters").output()).contains("unreadable", "(sent back)");
    assertThat(json(0, back("--force")).at("/fates").toString()).isEqualTo("{\"sent\":3}");
  }

  private void shown(JsonNode listed, byte[] unknown) throws IOException {
    List<String> offsets = new ArrayList<>();
    listed
        .at("/letters")
        .forEach(
            letter -> {
              if (letter.get("id").asText().equals("unknown")) {
                offsets.add(letter.get("offset").asText());
              }
            });
    assertThat(offsets).hasSize(1);
    JsonNode letter = json(0, "dead-letters", "--show", offsets.get(0)).get(0);
    assertThat(letter.get("value_base64").binaryValue()).isEqualTo(unknown);
    assertThat(letter.get("from").asText()).startsWith(dataset.getDocumentsTopic() + "-");
    Told human = told("dead-letters", "--show", offsets.get(0));
    assertThat(human.output()).contains("reason     unreadable", "id         unknown");
    told("dead-letters", "--show", "999").isOneLine(Main.WRONG_USAGE, "--show", "999");
    told("dead-letters", "--dataset", "nix").isOneLine(Main.WRONG_USAGE, "--dataset", "nix");
  }

  private static byte[] avro(int id, Schema schema) throws IOException {
    GenericRecord record = new GenericData.Record(schema);
    record.put("text", "The text of number three.");
    record.put("mood", "good");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0);
    out.write(ByteBuffer.allocate(4).putInt(id).array());
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(schema).write(record, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  /** Other schemas take the ids before it. */
  private void fix(int id, Schema schema) throws Exception {
    int number = 1;
    while (register("back-fill-" + number, enumeration(number)) < id - 1) {
      number++;
    }
    assertThat(register("back-later", schema)).isEqualTo(id);
  }

  private static Schema enumeration(int number) {
    return Schema.createEnum("Fill" + number, null, "dev.remask.test", List.of("ONE"));
  }

  /** By the registry's own interface: the id that it gave. */
  private int register(String subject, Schema schema) throws Exception {
    String url = settings.clients().get(LocalStack.REGISTRY_URL) + "/subjects/" + subject;
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/versions"))
            .header("Content-Type", "application/vnd.schemaregistry.v1+json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    JSON.createObjectNode().put("schema", schema.toString()).toString()))
            .build();
    String answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    return JSON.readTree(answer).get("id").asInt();
  }

  private void produce(String key, byte[] value) throws Exception {
    var bytes = new ByteArraySerializer();
    try (var producer =
        new KafkaProducer<>(ClientConfigs.producer(settings.clients()), bytes, bytes)) {
      producer
          .send(new ProducerRecord<>(dataset.getDocumentsTopic(), key.getBytes(UTF_8), value))
          .get();
    }
  }
}
