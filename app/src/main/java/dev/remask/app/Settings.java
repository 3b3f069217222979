package dev.remask.app;

import static org.apache.kafka.common.config.ConfigDef.Importance.HIGH;
import static org.apache.kafka.common.config.ConfigDef.Importance.LOW;
import static org.apache.kafka.common.config.ConfigDef.Importance.MEDIUM;
import static org.apache.kafka.common.config.ConfigDef.Range.atLeast;
import static org.apache.kafka.common.config.ConfigDef.Range.between;
import static org.apache.kafka.common.config.ConfigDef.Type.BOOLEAN;
import static org.apache.kafka.common.config.ConfigDef.Type.DOUBLE;
import static org.apache.kafka.common.config.ConfigDef.Type.INT;
import static org.apache.kafka.common.config.ConfigDef.Type.LONG;
import static org.apache.kafka.common.config.ConfigDef.Type.STRING;
import static org.apache.kafka.common.config.ConfigDef.ValidString.in;

import dev.remask.mlm.MaskingPolicy;
import dev.remask.schemas.Topics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * All settings of a command, validated. Order: defaults, then a file, then the environment ({@code REMASK_RUN_NAME} is
 * {@code run.name}), then {@code --set}. An unknown key is an error. {@code kafka.*} and {@code schema.registry.*} pass
 * through to every client.
 */
final class Settings {
  private static final String KAFKA = "kafka.";
  private static final String REGISTRY = "schema.registry.";
  private static final List<String> OWN_ENVIRONMENT = List.of("REMASK_HEAP", "REMASK_JAVA_OPTIONS", "REMASK_IMAGE_TARGET");

  static final ConfigDef DEFINITION =
      new ConfigDef()
          .define("topic.prefix", STRING, "remask.", MEDIUM, "What the name of every topic starts with.")
          .define("replication.factor", INT, 1, between(1, 9), MEDIUM, "Copies of every topic that is created.")
          .define("avro.serde.class", STRING, "dev.remask.schemas.AvroSerde", LOW, "The serde of all Avro values; Confluent's may take the place of ours.")
          .define("dataset.name", STRING, "demo", HIGH, "The dataset.")
          .define("dataset.partitions", INT, 4, between(1, 4096), HIGH, "Partitions of documents, segments and examples; fixed for the dataset's life.")
          .define("input.format", STRING, "full-sentences", in("full-sentences"), HIGH, "How documents are cut into segments.")
          .define("segment.length", INT, 512, between(8, 8192), HIGH, "Tokens of a segment at most, special tokens included.")
          .define("vocabulary.size", INT, 8192, between(300, 1_000_000), HIGH, "Token ids that a new vocabulary has.")
          .define("heldout.permille", INT, 50, between(0, 500), MEDIUM, "Of 1,000 documents, how many are held out for evaluation.")
          .define("document.chars.max", INT, 1_000_000, between(1, 16_000_000), MEDIUM, "A document of more characters is a dead letter.")
          .define("duplicate.window", INT, 100_000, between(0, 10_000_000), MEDIUM, "Among how many latest documents of a partition a repeated one is recognised.")
          .define("run.name", STRING, "demo", HIGH, "The run.")
          .define("run.seed", LONG, 1L, HIGH, "The seed of masks, order and initial weights.")
          .define("masking.kind", STRING, "dynamic", in("dynamic", "static"), HIGH, "Fresh masks in every epoch, or a fixed number of copies.")
          .define("static.copies", INT, 10, between(1, 100_000), MEDIUM, "Different maskings if static.")
          .define("masking.selection", STRING, "exact", in("exact", "bernoulli"), MEDIUM, "An exact count with probabilistic rounding, or each token by itself.")
          .define("masking.probability", DOUBLE, 0.15, between(0.0, 1.0), HIGH, "Share of the tokens that is selected.")
          .define("masking.mask.share", DOUBLE, 0.8, between(0.0, 1.0), MEDIUM, "Of the selected, the share that becomes <mask>.")
          .define("masking.random.share", DOUBLE, 0.1, between(0.0, 1.0), MEDIUM, "Of the selected, the share that becomes a random token.")
          .define("masking.fairseq-compatible", BOOLEAN, false, LOW, "Select special tokens as well, as fairseq does.")
          .define("stream.threads", INT, 1, between(1, 64), MEDIUM, "Threads of each Streams application.")
          .define("stream.commit.interval.ms", INT, 200, between(10, 5000), MEDIUM, "How often a topology commits, in milliseconds.")
          .define("examples.ahead.max", LONG, 50_000L, atLeast(2), MEDIUM, "Examples per partition that may be ahead of the trainer; at least twice the logical batch plus the window.")
          .define("model.layers", INT, 4, between(1, 96), HIGH, "Layers L.")
          .define("model.hidden", INT, 256, between(8, 16_384), HIGH, "Width H, a multiple of the heads.")
          .define("model.heads", INT, 4, between(1, 256), HIGH, "Attention heads A.")
          .define("model.feedforward", INT, 1024, between(8, 65_536), HIGH, "Inner width F.")
          .define("model.initialization", STRING, "roberta", in("roberta", "small"), MEDIUM, "RoBERTa's initial weights (0.02), or those with which a small model learns soon.")
          .define("batch.size", INT, 256, between(1, 1_000_000), HIGH, "Sequences of a logical batch.")
          .define("batch.micro.size", INT, 16, between(1, 4096), MEDIUM, "Sequences of a micro-batch.")
          .define("order.window", INT, 4096, between(1, 10_000_000), MEDIUM, "Segments of a shuffle block W.")
          .define("learning.rate", DOUBLE, 6e-4, between(0.0, 1.0), HIGH, "The peak.")
          .define("learning.rate.floor", DOUBLE, 0.05, between(0.0, 1.0), LOW, "Never below this share of the peak once decayed.")
          .define("warmup.steps", LONG, 100L, atLeast(0), MEDIUM, "Steps of linear warm-up.")
          .define("total.steps", LONG, 10_000L, atLeast(1), HIGH, "The step at which the learning rate has decayed.")
          .define("adam.beta1", DOUBLE, 0.9, between(0.0, 1.0), LOW, "AdamW's first decay rate.")
          .define("adam.beta2", DOUBLE, 0.98, between(0.0, 1.0), LOW, "AdamW's second decay rate.")
          .define("adam.epsilon", DOUBLE, 1e-6, between(0.0, 1.0), LOW, "AdamW's epsilon.")
          .define("weight.decay", DOUBLE, 0.01, between(0.0, 1.0), LOW, "Not on biases and LayerNorm.")
          .define("clip.norm", DOUBLE, 1.0, atLeast(0.0), LOW, "Largest norm of a step's gradient; 0 for no clipping.")
          .define("train.workers", INT, 2, between(1, 256), MEDIUM, "Threads that compute gradients; part of the numeric fingerprint.")
          .define("checkpoint.every.steps", LONG, 500L, atLeast(1), MEDIUM, "Steps between checkpoints.")
          .define("checkpoint.keep", INT, 2, between(1, 1000), LOW, "Checkpoints that are kept.");

  private final Map<String, Object> values;
  private final Map<String, Object> clients;

  private Settings(Map<String, Object> values, Map<String, Object> clients) {
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
    Map<String, String> all = new HashMap<>(defaults);
    all.putAll(file == null ? Map.of() : read(file));
    all.putAll(fromEnvironment(environment));
    all.putAll(overrides);
    Map<String, String> own = new HashMap<>();
    Map<String, Object> clients = new TreeMap<>();
    all.forEach(
        (key, value) -> {
          if (key.startsWith(KAFKA)) {
            clients.put(key.substring(KAFKA.length()), value);
          } else if (key.startsWith(REGISTRY)) {
            clients.put(key, value);
          } else if (DEFINITION.names().contains(key)) {
            own.put(key, value);
          } else {
            throw new ConfigException("unknown setting '" + key + "'");
          }
        });
    Map<String, Object> values = DEFINITION.parse(own);
    clients.put("avro.serde.class", values.get("avro.serde.class"));
    return new Settings(values, clients).checked();
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
        map.put(
            DEFINITION.names().stream().filter(k -> k.replace('-', '.').equals(flat)).findFirst().orElse(flat),
            entry.getValue());
      }
    }
    return map;
  }

  /** Rules between settings. */
  private Settings checked() {
    if (integer("model.hidden") % integer("model.heads") != 0) {
      throw new ConfigException("model.hidden", integer("model.hidden"), "must be a multiple of model.heads, " + integer("model.heads"));
    }
    if (real("masking.mask.share") + real("masking.random.share") > 1.0) {
      throw new ConfigException("masking.random.share", real("masking.random.share"), "must be at most 1 - masking.mask.share");
    }
    long ahead = 2L * (integer("batch.size") + integer("order.window"));
    if (whole("examples.ahead.max") < ahead) {
      throw new ConfigException("examples.ahead.max", whole("examples.ahead.max"), "must be at least 2 x (batch.size + order.window) = " + ahead + ", or masker and trainer would wait for each other");
    }
    new Topics(text("topic.prefix")).segments(text("dataset.name"), 1);
    new Topics(text("topic.prefix")).ledger(text("run.name"));
    return this;
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

  MaskingPolicy masking() {
    return new MaskingPolicy(
        MaskingPolicy.Kind.valueOf(text("masking.kind").toUpperCase(Locale.ROOT)),
        integer("static.copies"),
        MaskingPolicy.Selection.valueOf(text("masking.selection").toUpperCase(Locale.ROOT)),
        real("masking.probability"),
        real("masking.mask.share"),
        real("masking.random.share"),
        false,
        flag("masking.fairseq-compatible"));
  }
}
