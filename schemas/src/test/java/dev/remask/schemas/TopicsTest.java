package dev.remask.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicsTest {
  private final Topics topics = Samples.TOPICS;

  @Test
  void noTwoTopicsShareAName() {
    List<Topic<?>> all =
        List.of(
            topics.documents(2),
            topics.datasets(),
            topics.segments("x", 2),
            topics.heldOut("x", 2),
            topics.plans(),
            topics.live("x", 2),
            topics.examples("x", 2),
            topics.ledger("x"));
    assertThat(all.stream().map(Topic::name))
        .doesNotHaveDuplicates()
        .allMatch(n -> n.startsWith("remask."));
    assertThat(all.stream().map(Topic::name)).doesNotContain(topics.deadLetters());
  }

  /** Time or compaction must never take what has not been learned. */
  @Test
  void nothingThatIsLearnedFromExpires() {
    for (Topic<?> topic :
        List.of(
            topics.documents(2),
            topics.segments("x", 2),
            topics.heldOut("x", 2),
            topics.plans(),
            topics.live("x", 2),
            topics.examples("x", 2),
            topics.ledger("x"),
            topics.datasets())) {
      assertThat(topic.config())
          .containsEntry("cleanup.policy", "delete")
          .containsEntry("retention.ms", "-1")
          .containsEntry("retention.bytes", "-1");
    }
    assertThat(Topics.deadLettersConfig())
        .containsEntry("cleanup.policy", "delete")
        .containsEntry("retention.bytes", "67108864");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a.b",
        "a/b",
        "ü",
        "a b",
        "..",
        "0123456789012345678901234567890123456789012345678901234567890123x"
      })
  void namesThatCouldMeetOtherTopicsAreRefused(String name) {
    assertThatThrownBy(() -> topics.segments(name, 1)).isInstanceOf(ConfigException.class);
    assertThatThrownBy(() -> topics.ledger(name)).isInstanceOf(ConfigException.class);
    assertThatThrownBy(() -> topics.packerId(name)).isInstanceOf(ConfigException.class);
    assertThatThrownBy(() -> topics.maskerId(name, 1)).isInstanceOf(ConfigException.class);
    assertThatThrownBy(() -> topics.plannerId(name)).isInstanceOf(ConfigException.class);
    assertThatThrownBy(() -> topics.trainerId(name)).isInstanceOf(ConfigException.class);
  }

  /** State, offsets and fences are found again by these names: they must not change. */
  @Test
  void theIdsOfClientsFollowThePrefix() {
    assertThat(topics.packerId("news")).isEqualTo("remask-news-pack");
    assertThat(topics.maskerId("base", 3)).isEqualTo("remask-base-epoch-3");
    assertThat(topics.plannerId("base")).isEqualTo("remask-plan-base");
    assertThat(topics.trainerId("base")).isEqualTo("remask-base-trainer");
    Topics dev = new Topics("team.dev.");
    assertThat(dev.packerId("news")).isEqualTo("team.dev-news-pack");
    assertThat(dev.maskerId("base", 0)).isEqualTo("team.dev-base-epoch-0");
    assertThat(dev.plannerId("base")).isEqualTo("team.dev-plan-base");
    assertThat(dev.trainerId("base")).isEqualTo("team.dev-base-trainer");
  }

  @Test
  void whatHoldsTextTakesLargeRecords() {
    for (Topic<?> topic :
        List.of(
            topics.documents(2),
            topics.datasets(),
            topics.segments("x", 2),
            topics.heldOut("x", 2),
            topics.live("x", 2),
            topics.examples("x", 2))) {
      assertThat(topic.config()).containsEntry("max.message.bytes", "16777216");
    }
    assertThat(ClientConfigs.producer(Map.of())).containsEntry("max.request.size", 16_777_216);
  }

  /** A broker refuses a time that is too far ahead, and deletes early what is too old. */
  @Test
  void whatIsMadeFromTextHasTheBrokersTime() {
    for (Topic<?> topic :
        List.of(
            topics.segments("x", 2),
            topics.heldOut("x", 2),
            topics.live("x", 2),
            topics.examples("x", 2))) {
      assertThat(topic.config()).containsEntry("message.timestamp.type", "LogAppendTime");
    }
    assertThat(Topics.deadLettersConfig()).containsEntry("message.timestamp.type", "LogAppendTime");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.", "remask.", "a-b_c.9."})
  void prefixesEndInADot(String prefix) {
    assertThat(new Topics(prefix).plans().name()).isEqualTo(prefix + "plans");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "remask",
        "remask-",
        "_a.",
        "a b.",
        "ü.",
        "a/.",
        "a.\n",
        "0123456789012345678901234567890123456789012345678901234567890123."
      })
  void prefixesThatMakeNoNameAreRefused(String prefix) {
    assertThatThrownBy(() -> new Topics(prefix))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("topic.prefix");
  }

  @Test
  void theFirstDatasetOfANameWins() {
    TreeMap<String, Dataset> declared = new TreeMap<>();
    Dataset first = dataset(128);
    Datasets.declare(declared, "d".getBytes(UTF_8), first);
    Datasets.declare(declared, "d".getBytes(UTF_8), dataset(512));
    assertThat(declared).isEqualTo(Map.of("d", first));
    assertThatThrownBy(() -> Datasets.declare(declared, "e".getBytes(UTF_8), first))
        .isInstanceOf(IllegalStateException.class);
    Datasets.declare(declared, "d".getBytes(UTF_8), null);
    assertThat(declared).isEmpty();
  }

  private static Dataset dataset(int segmentLength) {
    return Dataset.newBuilder()
        .setName("d")
        .setTokenizer(ByteBuffer.allocate(0))
        .setTokenizerSha256("")
        .setVocabularySize(300)
        .setInputFormat(InputFormat.FULL_SENTENCES)
        .setSegmentLength(segmentLength)
        .setPartitions(1)
        .setHeldOutPermille(0)
        .setDocumentsTopic("t")
        .setDocumentCharsMax(1)
        .setDuplicateWindow(0)
        .setDeclaredAt(Instant.EPOCH)
        .build();
  }

  @Test
  void clientsGetOnlyKeysTheyKnow() {
    Map<String, String> config =
        Map.of(
            "bootstrap.servers", "b:1",
            "schema.registry.url", "http://r",
            "avro.serde.class", "x",
            "group.id", "g",
            "isolation.level", "read_uncommitted",
            "linger.ms", "5");
    assertThat(ClientConfigs.admin(config)).containsOnlyKeys("bootstrap.servers");
    assertThat(ClientConfigs.producer(config))
        .containsOnlyKeys(
            "bootstrap.servers", "linger.ms", "acks", "enable.idempotence", "max.request.size");
    assertThat(ClientConfigs.logReader(config))
        .containsEntry("isolation.level", "read_committed")
        .doesNotContainKeys("group.id", "schema.registry.url", "linger.ms");
  }
}
