package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.schemas.Outage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  @TempDir private Path folder;

  private static Settings set(Map<String, String> overrides) {
    return Settings.of(Map.of(), null, Map.of(), overrides);
  }

  @Test
  void laterLayersWin() throws IOException {
    Path file = folder.resolve("a.properties");
    Files.writeString(file, "run.name=file\nrun.seed=2\nmodel.layers=3\n");
    Settings settings =
        Settings.of(
            Map.of("run.name", "default", "run.seed", "1", "model.layers", "1", "model.heads", "8"),
            file,
            Map.of("REMASK_RUN_NAME", "environment", "REMASK_RUN_SEED", "3", "REMASK_HEAP", "2g"),
            Map.of("run.name", "set"));
    assertThat(settings.text("run.name")).isEqualTo("set");
    assertThat(settings.whole("run.seed")).isEqualTo(3);
    assertThat(settings.integer("model.layers")).isEqualTo(3);
    assertThat(settings.integer("model.heads")).isEqualTo(8);
  }

  @Test
  void everyKeyCanComeFromTheEnvironment() {
    for (String key : SettingDefinitions.ALL.names()) {
      String name = "REMASK_" + key.toUpperCase(java.util.Locale.ROOT).replaceAll("[.-]", "_");
      String value = SettingDefinitions.ALL.defaultValues().get(key).toString();
      value = value.isEmpty() ? "x" : value;
      assertThat(Settings.of(Map.of(), null, Map.of(name, value), Map.of()).shown(key))
          .isEqualTo(value);
    }
  }

  @Test
  void whatKubernetesTellsOfServicesIsNoSetting() {
    Map<String, String> links =
        Map.of(
            "REMASK_PORT", "tcp://10.0.0.1:9400",
            "REMASK_SERVICE_HOST", "10.0.0.1",
            "REMASK_TRAINER_PORT_9400_TCP_ADDR", "10.0.0.1",
            "REMASK_HTTP_PORT", "9400");
    assertThat(Settings.of(Map.of(), null, links, Map.of()).integer("http.port")).isEqualTo(9400);
    assertThatThrownBy(() -> Settings.of(Map.of(), null, Map.of("REMASK_PORTS", "1"), Map.of()))
        .hasMessageContaining("ports");
  }

  /** Ten minutes away, a broker takes some more to start and to be found again. */
  @Test
  void anOutageOfTenMinutesIsBorneUnlessOneSaysOtherwise() {
    AtomicLong seconds = new AtomicLong();
    Outage outage =
        new Outage(
            set(Map.of()).outageMax(),
            line -> {},
            () -> Duration.ofSeconds(seconds.addAndGet(5)).toNanos());
    while (seconds.get() < 690) {
      outage.bear(new TimeoutException("nobody there"), () -> false);
    }
    outage.over();
  }

  @Test
  void clientKeysPassThrough() {
    Settings settings =
        set(
            Map.of(
                "kafka.bootstrap.servers", "b:1",
                "kafka.sasl.mechanism", "PLAIN",
                "schema.registry.url", "http://r"));
    assertThat(settings.clients())
        .containsEntry("bootstrap.servers", "b:1")
        .containsEntry("sasl.mechanism", "PLAIN")
        .containsEntry("schema.registry.url", "http://r");
  }

  @ParameterizedTest
  @CsvSource({
    "run.nam, x, run.nam",
    "batch.size, 0, batch.size",
    "batch.size, many, batch.size",
    "masking.probability, 1.5, masking.probability",
    "masking.random.share, 0.3, masking.random.share",
    "model.heads, 3, model.hidden",
    "examples.ahead.max, 10, examples.ahead.max",
    "dataset.name, a.b, dataset.name",
    "run.name, ../x, run.name",
    "document.chars.max, 5000001, document.chars.max",
    "input.format, sentences, input.format"
  })
  void aWrongSettingIsNamed(String key, String value, String named) {
    assertThatThrownBy(() -> set(Map.of(key, value)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(named);
  }

  /** Tokens are places: of the dataset's segment length, which may be known only from Kafka. */
  @ParameterizedTest
  @CsvSource({
    "8192,             512, 8192",
    "8192,             64,  8192",
    "4194304 tokens,   512, 8192",
    "4194304tokens,    512, 8192",
    "1048576 tokens,   64,  16384",
    "8191 tokens,      512, 15",
    "'  512 tokens  ', 32,  16"
  })
  void aBatchInTokensIsOfTheDatasetsSegments(String size, int length, int sequences) {
    Settings given = set(Map.of("batch.size", size, "batch.micro.size", "8"));
    SortedMap<String, String> declared =
        new TreeMap<>(Map.of("segment.length", Integer.toString(length)));
    assertThat(given.agreeing("it", declared).batchSequences()).isEqualTo(sequences);
  }

  /** The default length, 512, is not yet the dataset's, and that of one declaration is kept. */
  @Test
  void aBatchInTokensIsCheckedWhenTheDatasetIsKnown() {
    Settings given = set(Map.of("batch.size", "100 tokens", "batch.micro.size", "2"));
    Settings ofRun = given.agreeing("it", new TreeMap<>(Map.of("run.seed", "3")));
    SortedMap<String, String> length = new TreeMap<>(Map.of("segment.length", "40"));
    Settings known = ofRun.agreeing("it", length);
    assertThat(known.batchSequences()).isEqualTo(2);
    assertThat(known.whole("run.seed")).isEqualTo(3);
    assertThatThrownBy(() -> ofRun.agreeing("it", new TreeMap<>(Map.of("segment.length", "128"))))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Invalid value 100 tokens for configuration batch.size: must be at least segment.length, 128 tokens");
    Settings large = set(Map.of("batch.size", "4194304 tokens"));
    assertThatThrownBy(() -> large.agreeing("it", new TreeMap<>(Map.of("segment.length", "64"))))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("examples.ahead.max")
        .hasMessageContaining(Integer.toString(2 * (65_536 + 4_096)));
  }

  @Test
  void aMissingFileIsNamed() {
    Path missing = folder.resolve("none.properties");
    assertThatThrownBy(() -> Settings.of(Map.of(), missing, Map.of(), Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("none.properties");
  }

  @Test
  void theDemoKnowsItsLength() {
    assertThatThrownBy(
            () -> Settings.of(DemoDefaults.ALL, null, Map.of(), Map.of("batch.size", "63 tokens")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("segment.length, 64 tokens");
  }

  @Test
  void theDemosDefaultsAreAllowed() {
    assertThat(Settings.of(DemoDefaults.ALL, null, Map.of(), Map.of()).integer("segment.length"))
        .isEqualTo(64);
  }
}
