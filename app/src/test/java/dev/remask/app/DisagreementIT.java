package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands that are told something else than what is in Kafka. Proves that each ends with exit code
 * 2 and one line with both values, and that it makes nothing.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(120)
@ExtendWith(TestStack.Shared.class)
class DisagreementIT {
  private static final String PREFIX = "disagreement.";

  private TestStack stack;
  private Path folder;
  private Path vocabulary;
  private Dataset declared;

  @BeforeAll
  void declare(TestStack shared, @TempDir Path temporary) throws Exception {
    stack = shared;
    folder = temporary;
    vocabulary = folder.resolve("vocabulary.json");
    Files.write(vocabulary, Vocabulary.learn(List.of("quite another text"), 300).tokenizerJson());
    Settings settings =
        stack.settings(
            PREFIX,
            "dataset.name=known",
            "run.name=known",
            "vocabulary.size=300",
            "segment.length=32",
            "dataset.partitions=2");
    declared = TestStack.declare(settings, List.of("the old man and the sea "));
  }

  private Told told(String command, String... more) {
    String[] common = {
      "--data",
      folder.resolve("data").toString(),
      "--set",
      "kafka.bootstrap.servers=" + stack.clients().get("bootstrap.servers"),
      "--set",
      "schema.registry.url=" + stack.clients().get(LocalStack.REGISTRY_URL),
      "--set",
      "topic.prefix=" + PREFIX
    };
    return Told.by(Program.join(command.split(" "), Program.join(common, more)));
  }

  private Set<String> topics() throws Exception {
    try (Admin admin = Admin.create(ClientConfigs.admin(stack.clients()))) {
      return new TreeSet<>(admin.listTopics().names().get());
    }
  }

  private void create(NewTopic topic) throws Exception {
    try (Admin admin = Admin.create(ClientConfigs.admin(stack.clients()))) {
      admin.createTopics(List.of(topic)).all().get();
    }
  }

  @Test
  void aTopicOfOnesOwnMustBeThereAndHaveThePartitions() throws Exception {
    create(new NewTopic("disagreement-mine", 3, (short) 1));
    Set<String> before = topics();
    String declare =
        "dataset --set dataset.name=new --set vocabulary.size=300 --vocab " + vocabulary;
    told(declare + " --set documents.topic=disagreement-mine --set dataset.partitions=2")
        .isOneLine(2, "topic disagreement-mine", "3 partitions", "2 partitions");
    told(declare + " --set documents.topic=disagreement-none")
        .isOneLine(2, "topic disagreement-none", "must exist");
    assertThat(topics()).as("a mistake makes nothing").isEqualTo(before);
    assertThat(
            told(declare + " --set documents.topic=disagreement-mine --set dataset.partitions=3"))
        .as("put right, it goes on")
        .returns(0, Told::code);
  }

  @Test
  void aKeptTopicMustKeep() throws Exception {
    String prefix = "disagreement-kept.";
    create(new NewTopic(prefix + "plans", 1, (short) 1).configs(Map.of("retention.ms", "3600000")));
    told("dataset", "--set", "topic.prefix=" + prefix)
        .isOneLine(2, "topic " + prefix + "plans", "retention.ms=3600000", "-1");
    assertThat(topics()).doesNotContain(prefix + "datasets");
  }

  @Test
  void aDatasetStaysWhatItIs() {
    String known = " --set dataset.name=known";
    told("dataset --vocab " + vocabulary + known)
        .isOneLine(2, declared.getTokenizerSha256(), Vocabulary.parse(read()).sha256());
    told("dataset --set segment.length=64" + known).isOneLine(2, "segment.length", "64", "32");
    told("ingest " + vocabulary + " --set dataset.partitions=5" + known)
        .isOneLine(2, "dataset.partitions", "5", "with 2");
    told("stream --set run.name=other --set heldout.permille=7 --set http.port=-1" + known)
        .isOneLine(2, "heldout.permille", "7", "with 50");
    assertThat(told("dataset" + known)).as("what agrees").returns(0, Told::code);
  }

  private byte[] read() {
    try {
      return Files.readAllBytes(vocabulary);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void aRunStaysWhatItIs() {
    String known = " --set run.name=known";
    told("replay --seed 2" + known).isOneLine(2, "run.seed", "2", "with 1");
    told("stream --set masking.probability=0.3 --set http.port=-1" + known)
        .isOneLine(2, "masking.probability", "0.3", "with 0.15");
    told("train --set dataset.name=another --set http.port=-1" + known)
        .isOneLine(2, "dataset.name", "another", "with known");
    told("train --set order.window=77 --set http.port=-1" + known)
        .isOneLine(2, "order.window", "77", "with ");
  }

  @Test
  void whatWasNeverDeclaredIsNamedWithWhatDeclaresIt() {
    told("replay --run nobody").isOneLine(2, "run.name", "nobody", "'remask stream'");
    told("peek --set run.name=nobody").isOneLine(2, "run.name", "nobody");
    for (String command : List.of("stream", "train", "ingest " + vocabulary)) {
      String port = command.startsWith("ingest") ? "" : " --set http.port=-1";
      told(command + port + " --set dataset.name=nothing --set run.name=nobody")
          .isOneLine(2, "dataset.name", "nothing", "'remask dataset'");
    }
    told("delete --run nobody").isOneLine(2, "run nobody");
    told("delete --dataset nothing").isOneLine(2, "dataset nothing");
  }
}
