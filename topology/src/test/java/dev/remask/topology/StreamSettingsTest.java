package dev.remask.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.schemas.Replication;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamSettingsTest {
  /** What reaches the clients, as Kafka Streams itself resolves it. */
  @Test
  void theClientsGetWhatTheProtocolRestsOn() {
    StreamsConfig config = new StreamsConfig(Fixture.settings().masking("app"));
    Map<String, Object> consumer = config.getMainConsumerConfigs("app", "client", 0);
    assertThat(consumer)
        .containsEntry("isolation.level", "read_committed")
        .containsEntry("auto.offset.reset", "earliest")
        .containsEntry("group.protocol", "classic")
        .containsEntry("session.timeout.ms", 6_000);
    Map<String, Object> producer = config.getProducerConfigs("client");
    assertThat(producer)
        .containsEntry("transaction.timeout.ms", 10_000)
        .containsEntry("enable.idempotence", true)
        .containsEntry("linger.ms", 10)
        .containsEntry("batch.size", 262_144)
        .containsEntry("max.request.size", 16_777_216);
    assertThat(config.getString("processing.guarantee")).isEqualTo("exactly_once_v2");
    assertThat(config.getLong("commit.interval.ms")).isEqualTo(200);
    assertThat(config.getBoolean("ensure.explicit.internal.resource.naming")).isTrue();
  }

  /** Else a broker that is lost takes the packer's place in its log with it. */
  @Test
  void theTopicsOfKafkaStreamsHaveTheCopiesThatTheSettingsSay() {
    StreamSettings three = with(new Replication((short) 3, 2), Map.of());
    StreamsConfig config = new StreamsConfig(three.packing("app"));
    assertThat(config.getInt("replication.factor")).isEqualTo(3);
    assertThat(config.getMainConsumerConfigs("app", "client", 0))
        .as("as the assignor takes it from there")
        .containsEntry("replication.factor", 3)
        .containsEntry("topic.min.insync.replicas", 2);

    Map<String, Object> own = Map.of("replication.factor", 2, "topic.min.insync.replicas", 1);
    StreamsConfig passed =
        new StreamsConfig(with(new Replication((short) 3, 2), own).packing("app"));
    assertThat(passed.getInt("replication.factor")).isEqualTo(2);
    assertThat(passed.getMainConsumerConfigs("app", "client", 0))
        .containsEntry("topic.min.insync.replicas", 1);
  }

  @Test
  void aTaskBearsWithTheBrokerAsLongAsTheInstanceDoes() {
    StreamsConfig config = new StreamsConfig(Fixture.settings().packing("app"));
    assertThat(config.getLong("task.timeout.ms")).isEqualTo(Duration.ofMinutes(5).toMillis());
  }

  @Test
  void whatPassesThroughReachesEveryClient() {
    StreamsConfig config =
        new StreamsConfig(
            with(Map.of("security.protocol", "SSL", "linger.ms", "3")).packing("app"));
    assertThat(config.getMainConsumerConfigs("app", "client", 0))
        .containsEntry("security.protocol", "SSL");
    assertThat(config.getAdminConfigs("client")).containsEntry("security.protocol", "SSL");
    assertThat(config.getProducerConfigs("client"))
        .containsEntry("security.protocol", "SSL")
        .containsEntry("linger.ms", "3");
  }

  @ParameterizedTest
  @CsvSource({
    "processing.guarantee, at_least_once",
    "group.protocol, streams",
    "auto.offset.reset, latest",
    "isolation.level, read_uncommitted",
  })
  void whatTheProtocolRestsOnCannotBeChanged(String key, String value) {
    assertThatThrownBy(() -> with(Map.of(key, value)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(key)
        .hasMessageContaining(value);
  }

  @Test
  void limitsAreChecked() {
    Path folder = Path.of("target");
    Map<String, Object> clients = Fixture.CLIENTS;
    assertThatThrownBy(
            () ->
                new StreamSettings(
                    clients,
                    Fixture.TOPICS,
                    folder,
                    0,
                    200,
                    1000,
                    Replication.ONE,
                    Duration.ofMinutes(5)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("stream.threads");
    assertThatThrownBy(
            () ->
                new StreamSettings(
                    clients,
                    Fixture.TOPICS,
                    folder,
                    1,
                    0,
                    1000,
                    Replication.ONE,
                    Duration.ofMinutes(5)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("commit.interval.ms");
    assertThatThrownBy(
            () ->
                new StreamSettings(
                    clients,
                    Fixture.TOPICS,
                    folder,
                    1,
                    200,
                    1,
                    Replication.ONE,
                    Duration.ofMinutes(5)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("examples.ahead.max");
  }

  private static StreamSettings with(Map<String, Object> more) {
    return with(Replication.ONE, more);
  }

  private static StreamSettings with(Replication replication, Map<String, Object> more) {
    Map<String, Object> clients = new HashMap<>(Fixture.CLIENTS);
    clients.putAll(more);
    return new StreamSettings(
        clients,
        Fixture.TOPICS,
        Path.of("target"),
        1,
        200,
        1000,
        replication,
        Duration.ofMinutes(5));
  }
}
