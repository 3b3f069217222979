package dev.remask.topology;

import dev.remask.mlm.MaskingPolicy;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Document;
import dev.remask.schemas.DocumentIds;
import dev.remask.schemas.DocumentsFormat;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.InputFormat;
import dev.remask.schemas.Replication;
import dev.remask.schemas.Topics;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;

/** What the tests of this module share: a small dataset and a driver that runs as an instance. */
final class Fixture {
  static final Topics TOPICS = new Topics("t.");
  static final Map<String, Object> CLIENTS =
      Map.of("bootstrap.servers", "none:9092", "schema.registry.url", "mock://topology-test");
  static final String DATASET = "news";
  static final String RUN = "base";
  static final Vocabulary VOCABULARY =
      Vocabulary.learn(
          List.of("The cat sat on the mat. The dog sat on the cat.", "A cat, a mat, a dog."), 280);

  private Fixture() {}

  /** Short segments, so that few words fill many. */
  static Dataset dataset(int partitions, int heldOutPermille, int duplicateWindow) {
    return new Dataset(
        DATASET,
        ByteBuffer.wrap(VOCABULARY.tokenizerJson()),
        VOCABULARY.sha256(),
        VOCABULARY.size(),
        VOCABULARY.size(),
        InputFormat.FULL_SENTENCES,
        24,
        partitions,
        heldOutPermille,
        TOPICS.documents(partitions).name(),
        DocumentsFormat.AVRO,
        DocumentIds.KEY,
        "id",
        "text",
        200,
        duplicateWindow,
        Instant.EPOCH);
  }

  static StreamSettings settings() {
    return new StreamSettings(
        CLIENTS,
        TOPICS,
        Path.of("target/streams"),
        1,
        200,
        1000,
        Replication.ONE,
        Duration.ofMinutes(5));
  }

  static TopologyTestDriver packer(Dataset dataset) {
    return packer(dataset, DocumentDecoder.of(dataset, CLIENTS));
  }

  static TopologyTestDriver packer(Dataset dataset, DocumentDecoder decoder) {
    return packer(dataset, decoder, 0);
  }

  /**
   * @param logged segments that are in the logs before the packer starts
   */
  static TopologyTestDriver packer(Dataset dataset, DocumentDecoder decoder, long logged) {
    Topology topology =
        PackingTopology.build(
            dataset, TOPICS, CLIENTS, () -> decoder, partition -> logged, new Counters());
    return driver(topology, settings().packing(TOPICS.packerId(DATASET)));
  }

  static TopologyTestDriver masker(Dataset dataset, int epoch, EpochPlan plan) {
    return masker(dataset, epoch, plan, false);
  }

  static TopologyTestDriver masker(Dataset dataset, int epoch, EpochPlan plan, boolean done) {
    Topology topology =
        MaskingTopology.build(
            RUN, epoch, plan, dataset, TOPICS, CLIENTS, () -> done, new Counters());
    return driver(topology, settings().masking(TOPICS.maskerId(RUN, epoch)));
  }

  private static TopologyTestDriver driver(Topology topology, Map<String, Object> config) {
    Properties properties = new Properties();
    properties.putAll(config);
    return new TopologyTestDriver(topology, properties);
  }

  static EpochPlan plan(List<Long> ends) {
    return new EpochPlan(
        DATASET, 42L, MaskingPolicies.encode(MaskingPolicy.ROBERTA), 16, ends, Instant.EPOCH);
  }

  static TestInputTopic<byte[], byte[]> input(TopologyTestDriver driver, String topic) {
    return driver.createInputTopic(topic, new ByteArraySerializer(), new ByteArraySerializer());
  }

  static TestOutputTopic<byte[], byte[]> output(TopologyTestDriver driver, String topic) {
    return driver.createOutputTopic(
        topic, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  static <V extends SpecificRecord> TestOutputTopic<byte[], V> output(
      TopologyTestDriver driver, String topic, Class<V> type) {
    Deserializer<V> values = AvroSerdes.of(type, CLIENTS).deserializer();
    return driver.createOutputTopic(topic, new ByteArrayDeserializer(), values);
  }

  static byte[] document(String text) {
    return document(text, null);
  }

  static byte[] document(String text, @Nullable String source) {
    return AvroSerdes.of(Document.class, CLIENTS)
        .serializer()
        .serialize(TOPICS.documents(1).name(), new Document(text, source));
  }

  /** A flush signal as ingest writes it. */
  static TestRecord<byte[], byte[]> flush() {
    ProducerRecord<byte[], byte[]> signal = FlushSignal.record(TOPICS.documents(1).name(), 0);
    return new TestRecord<>(signal.key(), signal.value(), signal.headers());
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
