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

import dev.remask.topology.StreamSettings;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;

/** Every setting: its type, its default, what is allowed, and what it means. */
final class SettingDefinitions {
  static final ConfigDef ALL =
      new ConfigDef()
          .define(
              "topic.prefix",
              STRING,
              "remask.",
              MEDIUM,
              "What the name of every topic, group and transaction starts with; ends in a dot.")
          .define(
              "replication.factor",
              INT,
              0,
              between(0, 9),
              MEDIUM,
              "Copies of every topic that is created; 0 for as many as there are brokers, at most 3.")
          .define(
              "min.insync.replicas",
              INT,
              0,
              between(0, 9),
              MEDIUM,
              "Copies that must have a record before it counts as written; 0 for one less than there are.")
          .define(
              "outage.max.seconds",
              INT,
              720,
              between(1, 840), // below the fifteen minutes that a broker keeps a transaction open
              MEDIUM,
              "How long a program bears with a broker or a registry that is away, before it ends.")
          .define(
              "http.address",
              STRING,
              "127.0.0.1",
              LOW,
              "Where 'stream' and 'train' answer for health and metrics; there is no login.")
          .define(
              "http.port",
              INT,
              0,
              between(-1, 65_535),
              LOW,
              "The port of these; 0 for a free one, which is printed, -1 for none.")
          .define(
              "documents.topic",
              STRING,
              "",
              HIGH,
              "Where the documents come from: a topic of your own; else the prefix and 'documents'.")
          .define(
              "documents.format",
              STRING,
              "avro",
              in("avro", "text", "json"),
              HIGH,
              "What its values are: our Avro record, the text itself, or a JSON object.")
          .define(
              "documents.id",
              STRING,
              "key",
              in("key", "place", "field"),
              HIGH,
              "A document's id: the record's key, its partition and offset, or a JSON field.")
          .define(
              "documents.id.field",
              STRING,
              "id",
              MEDIUM,
              "The JSON field with the id; dots lead into objects.")
          .define(
              "documents.text.field",
              STRING,
              "text",
              MEDIUM,
              "The JSON field with the text; dots lead into objects.")
          .define(
              "documents.source.field",
              STRING,
              "",
              LOW,
              "The JSON field with where a document comes from; empty for none.")
          .define(
              "avro.serde.class",
              STRING,
              "dev.remask.schemas.RegistryAvroSerde",
              LOW,
              "The serde of all Avro values; Confluent's may take the place of ours.")
          .define("dataset.name", STRING, "demo", HIGH, "The dataset.")
          .define(
              "dataset.partitions",
              INT,
              4,
              between(1, 4096),
              HIGH,
              "Partitions of documents, segments and examples; fixed for the dataset's life.")
          .define(
              "input.format",
              STRING,
              "full-sentences",
              in("full-sentences", "doc-sentences", "segment-pair", "sentence-pair"),
              HIGH,
              "How documents are cut into segments: contiguous sentences, over the ends of documents or not; two parts or two sentences with the next-sentence label.")
          .define(
              "text.unit",
              STRING,
              "sentences",
              in("sentences", "lines", "none"),
              MEDIUM,
              "What a document is cut into first: sentences of prose, also hard-wrapped; its lines; or nothing, so that segments are filled to their length.")
          .define(
              "text.language",
              STRING,
              "",
              LOW,
              "Whose rules cut sentences, such as de; the JDK's own are the same for all languages.")
          .define(
              "segment.length",
              INT,
              512,
              between(8, 8192),
              HIGH,
              "Tokens of a segment at most, special tokens included.")
          .define(
              "vocabulary.size",
              INT,
              8192,
              between(300, 1_000_000),
              HIGH,
              "Token ids that a new vocabulary has.")
          .define(
              "heldout.permille",
              INT,
              50,
              between(0, 500),
              MEDIUM,
              "Of 1,000 documents, how many are held out for evaluation.")
          .define(
              "document.chars.max",
              INT,
              1_000_000,
              between(1, 5_000_000), // at most 15 MB of UTF-8: Topics.RECORD_BYTES_MAX
              MEDIUM,
              "A document of more characters is a dead letter.")
          .define(
              "duplicate.window",
              INT,
              100_000,
              between(0, 10_000_000),
              MEDIUM,
              "Among how many latest documents of a partition a repeated one is recognised.")
          .define("run.name", STRING, "demo", HIGH, "The run.")
          .define("run.seed", LONG, 1L, HIGH, "The seed of masks, order and initial weights.")
          .define(
              "masking.kind",
              STRING,
              "dynamic",
              in("dynamic", "static"),
              HIGH,
              "Fresh masks in every epoch, or a fixed number of copies.")
          .define(
              "static.copies",
              INT,
              10,
              between(1, 100_000),
              MEDIUM,
              "Different maskings if static.")
          .define(
              "masking.selection",
              STRING,
              "exact",
              in("exact", "bernoulli"),
              MEDIUM,
              "An exact count with probabilistic rounding, or each token by itself.")
          .define(
              "masking.probability",
              DOUBLE,
              0.15,
              between(0.0, 1.0),
              HIGH,
              "Share of the tokens that is selected.")
          .define(
              "masking.mask.share",
              DOUBLE,
              0.8,
              between(0.0, 1.0),
              MEDIUM,
              "Of the selected, the share that becomes <mask>.")
          .define(
              "masking.random.share",
              DOUBLE,
              0.1,
              between(0.0, 1.0),
              MEDIUM,
              "Of the selected, the share that becomes a random token.")
          .define(
              "masking.whole-word",
              BOOLEAN,
              false,
              MEDIUM,
              "Select whole words: all tokens of a word, or none; the share is then one of words.")
          .define(
              "masking.fairseq-compatible",
              BOOLEAN,
              false,
              LOW,
              "Select special tokens as well, as fairseq does.")
          .define(
              "stream.threads",
              INT,
              1,
              between(1, 64),
              MEDIUM,
              "Threads of each Streams application.")
          .define(
              "stream.commit.interval.ms",
              INT,
              StreamSettings.COMMIT_INTERVAL_MS,
              between(10, 5000),
              MEDIUM,
              "How often a topology commits, in milliseconds.")
          .define(
              "examples.ahead.max",
              LONG,
              50_000L,
              atLeast(2),
              MEDIUM,
              "Examples per partition that may be ahead of the trainer; at least twice the logical batch plus the window.")
          .define("model.layers", INT, 4, between(1, 96), HIGH, "Layers L.")
          .define(
              "model.hidden",
              INT,
              256,
              between(8, 16_384),
              HIGH,
              "Width H, a multiple of the heads.")
          .define("model.heads", INT, 4, between(1, 256), HIGH, "Attention heads A.")
          .define("model.feedforward", INT, 1024, between(8, 65_536), HIGH, "Inner width F.")
          .define(
              "model.positions",
              INT,
              0,
              between(0, 8192),
              MEDIUM,
              "Tokens that the model takes at most; 0 for as many as a segment has.")
          .define(
              "model.initialization",
              STRING,
              "roberta",
              in("roberta", "short-run"),
              MEDIUM,
              "RoBERTa's initial weights (0.02), or those with which a small model learns soon.")
          .define(
              "model.dropout",
              DOUBLE,
              0.1,
              below1(),
              MEDIUM,
              "Share that is dropped after the embeddings, of attention and before each residual addition.")
          .define(
              "batch.size",
              STRING,
              "256",
              BatchSize.VALID,
              HIGH,
              "A logical batch, that is, what one step learns from; tokens are divided by the dataset's segment length.")
          .define(
              "batch.ramp.steps",
              LONG,
              0L,
              between(0, 1_000_000_000),
              MEDIUM,
              "Steps over which the logical batch grows linearly to its size; 0 for none.")
          .define(
              "batch.ramp.start",
              INT,
              32,
              between(1, 1_048_576),
              MEDIUM,
              "Sequences of the first step of such a ramp.")
          .define(
              "batch.micro.size", INT, 16, between(1, 4096), MEDIUM, "Sequences of a micro-batch.")
          .define(
              "order.window",
              INT,
              4096,
              between(1, 1_048_576),
              MEDIUM,
              "Segments of a shuffle block W; fixed for the run's life.")
          .define(
              "live.share",
              DOUBLE,
              0.0,
              between(0.0, 1.0),
              MEDIUM,
              "While a replay is under way and a whole batch of newer live text is there: the share of the steps that learns live text; 0 sees the replay through first.")
          .define("learning.rate", DOUBLE, 6e-4, between(0.0, 1.0), HIGH, "The peak.")
          .define(
              "learning.rate.scaling",
              STRING,
              "none",
              in("none", "linear", "sqrt"),
              MEDIUM,
              "What the peak is multiplied by: nothing, the step's logical batch by plan over the base batch, or the root of that.")
          .define(
              "learning.rate.base.batch",
              INT,
              256,
              between(1, 1_048_576),
              MEDIUM,
              "Sequences of the logical batch for which the peak is meant, if it is scaled.")
          .define(
              "learning.rate.schedule",
              STRING,
              "linear",
              in("linear", "polynomial", "constant"),
              MEDIUM,
              "After the warm-up: down to the floor by a line or a power of what is left, or as it is.")
          .define(
              "learning.rate.power",
              DOUBLE,
              1.0,
              between(0.0, 100.0),
              LOW,
              "Of the polynomial schedule; 1 is the line.")
          .define(
              "learning.rate.floor",
              DOUBLE,
              0.05,
              between(0.0, 1.0),
              LOW,
              "Never below this share of the peak once decayed.")
          .define("warmup.steps", LONG, 100L, atLeast(0), MEDIUM, "Steps of linear warm-up.")
          .define(
              "total.steps",
              LONG,
              10_000L,
              atLeast(1),
              HIGH,
              "The step at which the learning rate has decayed.")
          .define("adam.beta1", DOUBLE, 0.9, between(0.0, 1.0), LOW, "AdamW's first decay rate.")
          .define("adam.beta2", DOUBLE, 0.98, between(0.0, 1.0), LOW, "AdamW's second decay rate.")
          .define("adam.epsilon", DOUBLE, 1e-6, between(0.0, 1.0), LOW, "AdamW's epsilon.")
          .define(
              "weight.decay", DOUBLE, 0.01, between(0.0, 1.0), LOW, "Not on biases and LayerNorm.")
          .define(
              "clip.norm",
              DOUBLE,
              1.0,
              atLeast(0.0),
              LOW,
              "Largest norm of a step's gradient; 0 for no clipping.")
          .define(
              "train.workers",
              INT,
              2,
              between(1, 256),
              MEDIUM,
              "Threads that compute gradients; part of the numeric fingerprint.")
          .define(
              "evaluate.every.steps",
              LONG,
              500L,
              atLeast(0),
              MEDIUM,
              "Steps between two looks at held-out text, besides one after the last step; 0 for none at all.")
          .define(
              "evaluate.segments.max",
              INT,
              512,
              between(1, 1_000_000),
              LOW,
              "Held-out segments that are looked at, an equal share of each partition.")
          .define(
              "verify.examples",
              BOOLEAN,
              true,
              LOW,
              "Compare every example of the topic with what its segment and plan give.")
          .define(
              "checkpoint.every.steps",
              LONG,
              500L,
              atLeast(1),
              MEDIUM,
              "Steps between checkpoints.")
          .define("checkpoint.keep", INT, 2, between(1, 1000), LOW, "Checkpoints that are kept.");

  /** What {@link ConfigDef.Range} cannot say. */
  private static ConfigDef.Validator below1() {
    return new ConfigDef.Validator() {
      @Override
      public void ensureValid(String key, Object value) {
        double share = (Double) value;
        if (!(share >= 0 && share < 1)) {
          throw new ConfigException(key, value, "must be at least 0 and below 1");
        }
      }

      @Override
      public String toString() {
        return "[0.0 to below 1.0]";
      }
    };
  }

  private SettingDefinitions() {}
}
