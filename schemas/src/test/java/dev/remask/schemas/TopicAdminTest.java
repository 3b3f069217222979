package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an existing topic may be; that brokers are asked so is tested with a broker. */
class TopicAdminTest {
  private static final Topics TOPICS = Samples.TOPICS;

  static List<Topic<?>> kept() {
    return List.of(
        TOPICS.datasets(),
        TOPICS.plans(),
        TOPICS.ledger("r"),
        TOPICS.segments("d", 2),
        TOPICS.heldOut("d", 2),
        TOPICS.live("r", 2),
        TOPICS.examples("r", 2));
  }

  private static Config config(Map<String, String> values) {
    Stream<ConfigEntry> entries =
        values.entrySet().stream().map(e -> new ConfigEntry(e.getKey(), e.getValue()));
    return new Config(entries.toList());
  }

  @ParameterizedTest
  @MethodSource("kept")
  void aSettingThatLosesWhatIsKeptIsNamedWithBothValues(Topic<?> topic) {
    Map<String, String> other =
        Map.of(
            "cleanup.policy", "compact",
            "retention.ms", "604800000",
            "retention.bytes", "1073741824",
            "message.timestamp.type", "CreateTime");
    assertThat(topic.required()).contains("cleanup.policy", "retention.ms", "retention.bytes");
    assertThatCode(() -> TopicAdmin.requireConfig(topic, config(topic.config())))
        .doesNotThrowAnyException();
    for (String key : topic.required()) {
      Map<String, String> changed = new HashMap<>(topic.config());
      changed.put(key, other.get(key));
      assertThatThrownBy(() -> TopicAdmin.requireConfig(topic, config(changed)))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("topic " + topic.name())
          .hasMessageContaining(key + "=" + other.get(key))
          .hasMessageContaining("must be " + topic.config().get(key));
    }
  }

  /** The user's own. */
  @Test
  void theDocumentsMayBeKeptAsOneLikes() {
    assertThatCode(() -> TopicAdmin.requireConfig(TOPICS.documents(2), config(Map.of())))
        .doesNotThrowAnyException();
  }
}
