package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegistryConfigTest {
  private static Map<String, Object> config(String... entries) {
    Map<String, Object> config = new HashMap<>();
    config.put("schema.registry.url", "http://localhost:8081");
    for (int i = 0; i < entries.length; i += 2) {
      config.put(entries[i], entries[i + 1]);
    }
    return config;
  }

  @Test
  void thePrefixIsOptionalAndWins() {
    assertThat(RegistryConfig.of(config("max.retries", "5")).maxRetries()).isEqualTo(5);
    assertThat(RegistryConfig.of(config("schema.registry.max.retries", "6")).maxRetries())
        .isEqualTo(6);
    assertThat(
            RegistryConfig.of(config("max.retries", "5", "schema.registry.max.retries", "6"))
                .maxRetries())
        .isEqualTo(6);
  }

  @Test
  void addressesAreAList() {
    assertThat(
            RegistryConfig.of(config("schema.registry.url", "http://a:1/, https://b/base")).urls())
        .containsExactly("http://a:1", "https://b/base");
  }

  @Test
  void credentialsOfTheUrlAreTakenOutOfIt() {
    RegistryConfig config =
        RegistryConfig.of(
            config(
                "schema.registry.url",
                "http://u:p%40ss@a:1,http://b:1",
                "basic.auth.credentials.source",
                "URL"));
    assertThat(config.urls()).containsExactly("http://a:1", "http://b:1");
    // Base64 of u:p%40ss: like Confluent's client, it sends the characters as they are.
    assertThat(config.authorization().value()).isEqualTo("Basic dTpwJTQwc3M=");
  }

  @Test
  void aTokenIsSent() {
    assertThat(
            RegistryConfig.of(
                    config(
                        "bearer.auth.credentials.source",
                        "STATIC_TOKEN",
                        "schema.registry.bearer.auth.token",
                        "abc"))
                .authorization()
                .value())
        .isEqualTo("Bearer abc");
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "schema.registry.url, -",
        "schema.registry.url, ''",
        "schema.registry.url, localhost:8081",
        "schema.registry.url, ftp://secret@a",
        "schema.registry.url, 'http://a b:secret@c'",
        "schema.registry.url, http://u:secret@a",
        "schema.registry.url, 'mock://a,mock://b'",
        "schema.registry.url, 'mock://a,http://b'",
        "max.retries, -1",
        "http.read.timeout.ms, 0",
        "basic.auth.credentials.source, SASL_INHERIT",
        "basic.auth.credentials.source, USER_INFO",
        "basic.auth.credentials.source, URL",
        "bearer.auth.credentials.source, OAUTHBEARER",
        "bearer.auth.credentials.source, STATIC_TOKEN",
        "schema.registry.ssl.truststore.pasword, secret",
        "basic.auth.user.info, u:secret",
        "bearer.auth.token, secret",
        "schema.registry.proxy.host, secret",
        "schema.registry.bearer.auth.tokn, secret",
      })
  void whatCannotBeHonouredIsRefusedWithoutShowingSecrets(String key, String value) {
    assertThatThrownBy(() -> RegistryConfig.of(config(key, value)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(key.startsWith("bearer.auth.c") ? "bearer.auth" : "")
        .hasMessageNotContaining("secret");
  }

  @Test
  void textShowsNoSecret() {
    RegistryConfig config =
        RegistryConfig.of(
            config(
                "basic.auth.credentials.source",
                "USER_INFO",
                "basic.auth.user.info",
                "user:secret",
                "schema.registry.ssl.truststore.location",
                "/trust.p12",
                "schema.registry.ssl.truststore.password",
                "secret",
                "schema.registry.ssl.keystore.password",
                "secret",
                "schema.registry.ssl.keystore.key",
                "secret",
                "schema.registry.ssl.key.password",
                "secret"));
    assertThat(config.tls()).hasSize(5);
    assertThat(config.toString())
        .contains("/trust.p12")
        .doesNotContain("secret")
        .doesNotContain("dXNlcjpzZWNyZXQ=");
  }

  @Test
  void equalConfigurationsShareOneClient() {
    RegistryClient one = RegistryClients.of(RegistryConfig.of(config("max.retries", "77")));
    assertThat(RegistryClients.of(RegistryConfig.of(config("max.retries", "77")))).isSameAs(one);
    String password = "schema.registry.ssl.truststore.password";
    assertThat(RegistryConfig.of(config(password, "a")))
        .isEqualTo(RegistryConfig.of(config(password, "a")))
        .isNotEqualTo(RegistryConfig.of(config(password, "b")));
    assertThat(RegistryClients.of(RegistryConfig.of(config("max.retries", "78")))).isNotSameAs(one);
  }

  @ParameterizedTest
  @CsvSource({
    "specific.avro.reader, false",
    "avro.remove.java.properties, false",
    "normalize.schemas, true",
    "use.latest.version, true",
    "use.schema.id, 3",
    "rule.executors, x",
    "proxy.host, x",
    "request.header.X-Tenant, x",
    "value.subject.name.strategy, io.confluent.kafka.serializers.subject.RecordNameStrategy",
    "value.schema.id.serializer, x",
    "specific.avro.value.type, java.lang.String",
    "auto.register.schemas, maybe",
  })
  void aSerdeRefusesWhatItWouldOtherwiseIgnore(String key, String value) {
    Map<String, Object> config =
        config("specific.avro.value.type", Document.class.getName(), key, value);
    assertThatThrownBy(() -> SerdeConfig.of(config, false))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(key);
  }

  @Test
  void aSerdeThatIsNoneIsRefused() {
    for (Object wrong : new Object[] {"no.such.Class", "java.lang.String", Integer.class}) {
      Map<String, Object> config = config();
      config.put(AvroSerdes.SERDE_CLASS_CONFIG, wrong);
      assertThatThrownBy(() -> AvroSerdes.of(Document.class, config))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(AvroSerdes.SERDE_CLASS_CONFIG);
    }
  }

  /** Stands for Confluent's serde, which is not on the class path here. */
  public static final class Recording extends Serdes.WrapperSerde<Document> {
    static final Map<String, Object> SEEN = new HashMap<>();

    public Recording() {
      super(new RegistryAvroSerializer<>(), new RegistryAvroDeserializer<>());
    }

    @Override
    public void configure(Map<String, ?> configs, boolean isKey) {
      assertThat(isKey).isFalse();
      SEEN.putAll(configs);
    }
  }

  @Test
  void aSerdeOfAnotherMakerGetsConfluentsKeys() {
    Map<String, Object> config = config(AvroSerdes.SERDE_CLASS_CONFIG, Recording.class.getName());
    assertThat(AvroSerdes.of(Document.class, config)).isInstanceOf(Recording.class);
    assertThat(Recording.SEEN)
        .containsEntry("schema.registry.url", "http://localhost:8081")
        .containsEntry("specific.avro.value.type", Document.class)
        .containsEntry("specific.avro.reader", true)
        .containsEntry("avro.remove.java.properties", true)
        .containsEntry(
            "value.subject.name.strategy",
            "io.confluent.kafka.serializers.subject.TopicNameStrategy");
  }

  @Test
  void everyKeyIsDocumented() {
    assertThat(AvroSerdes.configDef().configKeys().values())
        .hasSizeGreaterThan(10)
        .allMatch(key -> !key.documentation.isEmpty());
  }
}
