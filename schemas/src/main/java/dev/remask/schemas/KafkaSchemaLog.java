package dev.remask.schemas;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * A registry's log in a compacted topic. That there is one writer is not asked but enforced: each
 * takes over one transactional id, so an older one can read but not write any more. Not
 * thread-safe.
 */
final class KafkaSchemaLog implements SchemaLog {
  /** The default of Confluent's registry. */
  static final String TOPIC = "_schemas";

  private static final String TRANSACTIONAL_ID = "remask-registry-" + TOPIC;
  private static final int ANSWER_MS_MAX = 30_000;

  private final Map<String, ?> config;
  private @Nullable KafkaProducer<String, String> producer;
  private boolean fenced;

  /** Creates the topic if need be. */
  KafkaSchemaLog(Map<String, ?> config, Replication replication) {
    this.config = config;
    try (Admin admin = Admin.create(ClientConfigs.admin(config))) {
      TopicAdmin.ensureCompacted(admin, replication, TOPIC);
    }
  }

  @Override
  public void replay(BiConsumer<String, @Nullable String> sink) {
    producer = newProducer();
    List<TopicPartition> partition = List.of(new TopicPartition(TOPIC, 0));
    try (var consumer = LogReader.consumer(config, new StringDeserializer())) {
      consumer.assign(partition);
      consumer.seekToBeginning(partition);
      LogScan.drain(
          consumer,
          consumer.endOffsets(partition),
          record -> sink.accept(new String(record.key(), StandardCharsets.UTF_8), record.value()));
    }
  }

  @Override
  public void append(String key, String value) {
    if (producer == null) {
      throw new IllegalStateException("append before replay");
    }
    try {
      producer.beginTransaction();
      // A send that fails makes the commit fail.
      var unused = producer.send(new ProducerRecord<>(TOPIC, 0, key, value));
      producer.commitTransaction();
    } catch (ProducerFencedException | InvalidProducerEpochException e) {
      fenced = true;
      throw e;
    }
  }

  @Override
  public void close() {
    if (producer != null) {
      producer.close(Duration.ofMillis(ANSWER_MS_MAX));
      producer = null;
    }
  }

  /** Ends what an earlier writer, or this one before a failure, left open. */
  private KafkaProducer<String, String> newProducer() {
    close();
    if (fenced) {
      throw new KafkaException("another registry has taken over " + TOPIC);
    }
    Map<String, Object> settings = ClientConfigs.producer(config);
    settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, TRANSACTIONAL_ID);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, ANSWER_MS_MAX);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, ANSWER_MS_MAX);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MS_MAX / 3);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    var fresh = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    try {
      fresh.initTransactions();
      return fresh;
    } catch (KafkaException e) {
      fresh.close(Duration.ZERO);
      throw e;
    }
  }
}
