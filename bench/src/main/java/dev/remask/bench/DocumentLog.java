package dev.remask.bench;

import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Document;
import dev.remask.schemas.Topic;
import dev.remask.topology.StreamSettings;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** English text, again and again under other ids, in a documents topic. */
record DocumentLog(Topic<Document> topic, long documents, long bytes) {
  private static final int PARTITIONS = 4;

  /**
   * Makes the topic and writes it.
   *
   * @param joined so many documents of the text become one
   */
  static DocumentLog write(
      Logs logs, StreamSettings settings, String name, EnglishText text, int copies, int joined) {
    Topic<Document> all = settings.topics().documents(PARTITIONS);
    Topic<Document> topic =
        new Topic<>(
            all.name() + "-" + name, all.valueType(), PARTITIONS, all.config(), all.required());
    logs.make(topic);
    Map<String, Object> config = ClientConfigs.producer(settings.clients());
    config.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 * 1024);
    config.put(ProducerConfig.LINGER_MS_CONFIG, 10);
    config.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 16 << 20);
    AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    long documents = 0;
    long bytes = 0;
    try (KafkaProducer<byte[], Document> producer =
        new KafkaProducer<>(
            config,
            new ByteArraySerializer(),
            AvroSerdes.of(Document.class, settings.clients()).serializer())) {
      for (int copy = 0; copy < copies; copy++) {
        for (int i = 0; i < text.documents().size(); i += joined) {
          int end = Math.min(i + joined, text.documents().size());
          String document = String.join("\n\n", text.documents().subList(i, end));
          byte[] id = (copy + "-" + i).getBytes(StandardCharsets.UTF_8);
          Future<RecordMetadata> unused =
              producer.send(
                  new ProducerRecord<>(
                      topic.name(), id, Document.newBuilder().setText(document).build()),
                  (place, error) -> failure.compareAndSet(null, error));
          documents++;
          bytes += document.getBytes(StandardCharsets.UTF_8).length;
        }
      }
    }
    Exception failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException("not all was written: " + failed, failed);
    }
    return new DocumentLog(topic, documents, bytes);
  }

  double megabytes() {
    return bytes / 1e6;
  }
}
