package dev.remask.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.app.SendBack.Fate;
import dev.remask.app.SendBack.Outcome;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.LogReader;
import dev.remask.topology.BadDocument;
import dev.remask.topology.BadDocument.Reason;
import dev.remask.topology.DeadLetter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Dead letters that are sent back, on a real broker: by several at once, in parts, and for several.
 */
@Timeout(120)
@ExtendWith(TestStack.Shared.class)
class SendBackIT {
  private static final int CHARS = 1_000;

  @TempDir private Path folder;

  private TestStack stack;
  private String prefix = "";
  private Settings settings;
  private Dataset dataset;

  private void declare(TestStack shared, String name) {
    stack = shared;
    prefix = name + ".";
    dataset = declare(name, CHARS);
    settings = settings(name, CHARS);
  }

  private Dataset declare(String name, int charsMax) {
    return TestStack.declare(settings(name, charsMax), List.of("The text of number one."));
  }

  private Settings settings(String name, int charsMax) {
    return stack.settings(
        prefix,
        "dataset.name=" + name,
        "run.name=" + name,
        "vocabulary.size=300",
        "documents.format=text",
        "document.chars.max=" + charsMax);
  }

  /** Documents 0, 1, 2 ..., each with as many letters: the offsets of these. */
  private List<Long> refused(int documents, int letters) throws Exception {
    List<Long> offsets = new ArrayList<>();
    var bytes = new ByteArraySerializer();
    try (var producer =
        new KafkaProducer<>(ClientConfigs.producer(settings.clients()), bytes, bytes)) {
      for (int i = 0; i < documents; i++) {
        byte[] key = Integer.toString(i).getBytes(UTF_8);
        byte[] value = "x".repeat(CHARS).getBytes(UTF_8);
        RecordMetadata place =
            producer.send(new ProducerRecord<>(dataset.getDocumentsTopic(), key, value)).get();
        var origin = new DeadLetter.Origin(place.topic(), place.partition(), place.offset(), null);
        for (int letter = 0; letter < letters; letter++) {
          BadDocument why = new BadDocument(Reason.UNREADABLE, "as it was then");
          String topic = settings.topics().deadLetters();
          offsets.add(producer.send(DeadLetter.of(topic, origin, key, value, why)).get().offset());
        }
      }
    }
    return offsets;
  }

  private SendBack back(boolean force, long bytesAtOnce, Dataset... datasets) {
    Reread files = new Reread(settings, Reading.plain("file"), List.of(folder));
    return new SendBack(settings, List.of(datasets), files, force, bytesAtOnce);
  }

  private List<Fate> fates(boolean force, long bytesAtOnce, Dataset... datasets) {
    try (SendBack back = back(force, bytesAtOnce, datasets)) {
      return back.send(letter -> true).stream().map(Outcome::fate).toList();
    }
  }

  /** How often each document is in its topic, once the commits are visible. */
  private Map<String, Integer> copies() {
    Map<String, Integer> copies = new TreeMap<>();
    LogReader.readDecided(
        settings.clients(),
        dataset.getDocumentsTopic(),
        record -> copies.merge(new String(record.key(), UTF_8), 1, Integer::sum));
    return copies;
  }

  /** Ended transactions that wrote to the dead letters: each left an offset without a record. */
  private long transactions() throws Exception {
    String topic = settings.topics().deadLetters();
    List<Object> records = new ArrayList<>();
    LogReader.readDecided(settings.clients(), topic, records::add);
    TopicPartition partition = new TopicPartition(topic, 0);
    try (Admin admin = Admin.create(ClientConfigs.admin(settings.clients()))) {
      return admin
              .listOffsets(Map.of(partition, OffsetSpec.latest()))
              .partitionResult(partition)
              .get()
              .offset()
          - records.size();
    }
  }

  /** The second begins between the first's look at what was sent and its own sending. */
  @Test
  void whoeverIsOvertakenSendsNothing(TestStack shared) throws Exception {
    declare(shared, "overtaken");
    assertThat(refused(3, 1)).hasSize(3);
    AtomicBoolean overtaken = new AtomicBoolean();
    try (SendBack first = back(false, CHARS, dataset)) {
      assertThatThrownBy(
              () ->
                  first.send(
                      letter -> {
                        if (!overtaken.getAndSet(true)) {
                          assertThat(fates(false, CHARS, dataset)).containsOnly(Fate.SENT);
                        }
                        return true;
                      }))
          .isInstanceOf(Failure.class)
          .hasMessageStartingWith("nothing of these 2 records was sent: somebody else")
          .hasMessageNotContainingAny("\n", "Exception");
    }
    assertThat(copies()).isEqualTo(Map.of("0", 2, "1", 2, "2", 2));
    assertThat(fates(false, CHARS, dataset)).hasSize(3).containsOnly(Fate.ALREADY);
    assertThat(copies()).isEqualTo(Map.of("0", 2, "1", 2, "2", 2));
  }

  @Test
  void aTransactionIsCutByBytes(TestStack shared) throws Exception {
    declare(shared, "cut");
    assertThat(refused(5, 1)).hasSize(5);
    assertThat(fates(false, CHARS + 1, dataset)).hasSize(5).containsOnly(Fate.SENT);
    assertThat(transactions()).as("of two, two and one").isEqualTo(3);
    assertThat(fates(true, 5 * CHARS, dataset)).hasSize(5).containsOnly(Fate.SENT);
    assertThat(transactions()).as("and of five").isEqualTo(4);
    assertThat(copies()).hasSize(5).containsValue(3);
  }

  @Test
  void onlyWhatIsShownIsSentBack(TestStack shared) throws Exception {
    declare(shared, "shown");
    List<Long> letters = refused(3, 1);
    String[] back = {
      "dead-letters",
      "--send-back",
      "--show",
      letters.get(2) + "," + letters.get(0),
      "--json",
      "--data",
      folder.resolve("data").toString(),
      "--set",
      "kafka.bootstrap.servers=" + settings.clients().get("bootstrap.servers"),
      "--set",
      LocalStack.REGISTRY_URL + "=" + settings.clients().get(LocalStack.REGISTRY_URL),
      "--set",
      "topic.prefix=" + prefix
    };
    Told would = Told.by(Program.join(back, "--dry-run"));
    assertThat(would.output()).as(would.errors()).contains("\"sent\":2");
    assertThat(copies()).isEqualTo(Map.of("0", 1, "1", 1, "2", 1));
    assertThat(Told.by(back).output()).contains("\"sent\":2");
    assertThat(copies()).isEqualTo(Map.of("0", 2, "1", 1, "2", 2));
    assertThat(Told.by(back).output()).contains("\"already\":2");
  }

  /** Each refused the same record, and one of them would take it now. */
  @Test
  void whatSeveralDatasetsReadIsSentOnceIfOneTakesIt(TestStack shared) throws Exception {
    declare(shared, "several");
    Dataset strict = declare("strict", CHARS - 1);
    assertThat(strict.getDocumentsTopic()).isEqualTo(dataset.getDocumentsTopic());
    assertThat(refused(2, 2)).hasSize(4);
    assertThat(fates(false, CHARS, strict)).hasSize(4).containsOnly(Fate.STILL_BAD);
    assertThat(copies()).isEqualTo(Map.of("0", 1, "1", 1));
    assertThat(fates(false, CHARS, strict, dataset))
        .containsExactly(Fate.SENT, Fate.ALREADY, Fate.SENT, Fate.ALREADY);
    assertThat(copies()).isEqualTo(Map.of("0", 2, "1", 2));
  }
}
