package dev.remask.app;

import dev.remask.mlm.MaskingPolicy;
import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.Topics;
import dev.remask.trainer.LogicalBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * All settings of a command, validated. Order: defaults, then a file, then the environment ({@code
 * REMASK_RUN_NAME} is {@code run.name}), then {@code --set}. An unknown key is an error. {@code
 * kafka.*} and {@code schema.registry.*} pass through to every client.
 */
final class Settings {
  private static final String KAFKA = "kafka.";
  private static final String DOCUMENTS = "documents.topic";
  private static final String LENGTH = "segment.length";
  private static final String REGISTRY = "schema.registry.";
  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9._-]{1,100}");

  /** What Kubernetes tells every pod of a service that is called remask or remask-something. */
  private static final Pattern SERVICE_LINK =
      Pattern.compile(
          "REMASK_(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT|PORT_\\d+_(TCP|UDP)(_.+)?)");

  private static final List<String> OWN_ENVIRONMENT =
      List.of("REMASK_HEAP", "REMASK_JAVA_OPTIONS", "REMASK_IMAGE_TARGET", "REMASK_LOG");

  private final Map<String, String> defaults;
  private final Map<String, String> declared;
  private final Map<String, String> given;
  private final Map<String, Object> values;
  private final Map<String, Object> clients;

  private Settings(
      Map<String, String> defaults,
      Map<String, String> declared,
      Map<String, String> given,
      Map<String, Object> values,
      Map<String, Object> clients) {
    this.defaults = defaults;
    this.declared = declared;
    this.given = given;
    this.values = values;
    this.clients = clients;
  }

  /**
   * @param defaults what a command has instead of the defaults above
   * @param file a properties file, or null
   * @param overrides {@code --set}
   */
  static Settings of(
      Map<String, String> defaults,
      @Nullable Path file,
      Map<String, String> environment,
      Map<String, String> overrides) {
    Map<String, String> given = new HashMap<>(file == null ? Map.of() : read(file));
    given.putAll(fromEnvironment(environment));
    given.putAll(overrides);
    return of(defaults, Map.of(), given);
  }

  private static Settings of(
      Map<String, String> defaults, Map<String, String> declared, Map<String, String> given) {
    Map<String, String> all = new HashMap<>(defaults);
    all.putAll(declared);
    all.putAll(given);
    Map<String, String> own = new HashMap<>();
    Map<String, Object> clients = new TreeMap<>();
    all.forEach(
        (key, value) -> {
          if (key.startsWith(KAFKA)) {
            clients.put(key.substring(KAFKA.length()), value);
          } else if (key.startsWith(REGISTRY)) {
            clients.put(key, value);
          } else if (SettingDefinitions.ALL.names().contains(key)) {
            own.put(key, value);
          } else {
            throw unknown(key);
          }
        });
    Map<String, Object> values = SettingDefinitions.ALL.parse(own);
    if ("".equals(values.get(DOCUMENTS))) {
      values.put(DOCUMENTS, values.get("topic.prefix") + "documents");
    }
    clients.put(AvroSerdes.SERDE_CLASS_CONFIG, values.get(AvroSerdes.SERDE_CLASS_CONFIG));
    requireKnown(clients);
    return new Settings(
            Map.copyOf(defaults), Map.copyOf(declared), Map.copyOf(given), values, clients)
        .checked();
  }

  /**
   * These, where what was declared stands for what is not given.
   *
   * @param whose for the message
   * @throws ConfigException naming the first given setting that differs, with both values
   */
  Settings agreeing(String whose, SortedMap<String, String> declared) {
    return agreeing(
        value ->
            whose + " was declared with " + value + ", for its life; use that, or another name",
        declared);
  }

  /**
   * @param reason why a value has to be this one, for the message
   */
  Settings agreeing(UnaryOperator<String> reason, SortedMap<String, String> declared) {
    declared.forEach(
        (key, value) -> {
          if (given.containsKey(key) && !shown(key).equals(value)) {
            throw new ConfigException(key, shown(key), reason.apply(value));
          }
        });
    Map<String, String> all = new HashMap<>(this.declared);
    all.putAll(declared);
    return of(defaults, all, given);
  }

  /** A value that has lost its key may be taken for one. */
  private static ConfigException unknown(String key) {
    return new ConfigException(
        KEY.matcher(key).matches()
            ? "unknown setting '" + key + "'"
            : "unknown setting, not shown: a key has letters, digits, '.', '-' and '_'");
  }

  /** Another serde than ours may have keys that we do not know. */
  private static void requireKnown(Map<String, Object> clients) {
    Object ours = SettingDefinitions.ALL.defaultValues().get(AvroSerdes.SERDE_CLASS_CONFIG);
    if (Objects.equals(clients.get(AvroSerdes.SERDE_CLASS_CONFIG), ours)) {
      clients.keySet().stream()
          .filter(key -> !key.startsWith(REGISTRY) && !ClientKeys.isKnown(key))
          .findFirst()
          .ifPresent(
              key -> {
                throw unknown(KAFKA + key);
              });
    }
  }

  private static Map<String, String> read(Path file) {
    Properties properties = new Properties();
    try (var in = Files.newBufferedReader(file)) {
      properties.load(in);
    } catch (IOException | IllegalArgumentException e) {
      throw new ConfigException("--config", file, "is not a readable properties file");
    }
    Map<String, String> map = new HashMap<>();
    properties.forEach((key, value) -> map.put(key.toString(), value.toString()));
    return map;
  }

  private static Map<String, String> fromEnvironment(Map<String, String> environment) {
    Map<String, String> map = new HashMap<>();
    for (var entry : environment.entrySet()) {
      String name = entry.getKey();
      if (name.startsWith("REMASK_") && !OWN_ENVIRONMENT.contains(name)) {
        String flat = name.substring("REMASK_".length()).toLowerCase(Locale.ROOT).replace('_', '.');
        Optional<String> key =
            SettingDefinitions.ALL.names().stream()
                .filter(k -> k.replace('-', '.').equals(flat))
                .findFirst();
        if (key.isPresent() || !SERVICE_LINK.matcher(name).matches()) {
          map.put(key.orElse(flat), entry.getValue());
        }
      }
    }
    return map;
  }

  /** Rules between settings. */
  private Settings checked() {
    if (integer("model.hidden") % integer("model.heads") != 0) {
      throw new ConfigException(
          "model.hidden",
          integer("model.hidden"),
          "must be a multiple of model.heads, " + integer("model.heads"));
    }
    if (real("masking.mask.share") + real("masking.random.share") > 1.0) {
      throw new ConfigException(
          "masking.random.share",
          real("masking.random.share"),
          "must be at most 1 - masking.mask.share");
    }
    if (knowsBatch()) {
      requireAhead();
      new Trainers(this).check();
    }
    try {
      masking();
    } catch (IllegalArgumentException e) {
      throw new ConfigException("masking: " + e.getMessage());
    }
    new Topics(text("topic.prefix")).segments(text("dataset.name"), 1);
    new Topics(text("topic.prefix")).ledger(text("run.name"));
    return this;
  }

  /**
   * A batch in tokens has its size from the dataset, whose length may be known to Kafka alone: then
   * it is checked when that is declared here.
   */
  private boolean knowsBatch() {
    return !batchSize().inTokens()
        || Stream.of(defaults, declared, given).anyMatch(some -> some.containsKey(LENGTH));
  }

  private void requireAhead() {
    long ahead = 2L * (batchSequences() + integer("order.window"));
    if (whole("examples.ahead.max") < ahead) {
      throw new ConfigException(
          "examples.ahead.max",
          whole("examples.ahead.max"),
          "must be at least 2 x (batch.size + order.window) = "
              + ahead
              + ", or masker and trainer would wait for each other");
    }
  }

  private BatchSize batchSize() {
    return BatchSize.parse(text(LogicalBatch.SIZE));
  }

  /** Sequences of a logical batch; if it is given in tokens, of the dataset's segments. */
  int batchSequences() {
    return batchSize().sequences(integer(LENGTH));
  }

  String text(String key) {
    return (String) value(key);
  }

  int integer(String key) {
    return (Integer) value(key);
  }

  long whole(String key) {
    return (Long) value(key);
  }

  double real(String key) {
    return (Double) value(key);
  }

  boolean flag(String key) {
    return (Boolean) value(key);
  }

  /** The value as people write it. */
  String shown(String key) {
    return value(key).toString();
  }

  private Object value(String key) {
    Object value = values.get(key);
    if (value == null) {
      throw new IllegalStateException("no setting " + key);
    }
    return value;
  }

  /** What every Kafka and registry client gets. */
  Map<String, Object> clients() {
    return Map.copyOf(clients);
  }

  Topics topics() {
    return new Topics(text("topic.prefix"));
  }

  Duration outageMax() {
    return Duration.ofSeconds(integer("outage.max.seconds"));
  }

  MaskingPolicy masking() {
    return new MaskingPolicy(
        MaskingPolicy.Kind.valueOf(text("masking.kind").toUpperCase(Locale.ROOT)),
        integer("static.copies"),
        MaskingPolicy.Selection.valueOf(text("masking.selection").toUpperCase(Locale.ROOT)),
        real("masking.probability"),
        real("masking.mask.share"),
        real("masking.random.share"),
        flag("masking.whole-word"),
        flag("masking.fairseq-compatible"));
  }
}
