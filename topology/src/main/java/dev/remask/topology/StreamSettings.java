package dev.remask.topology;

import dev.remask.schemas.Replication;
import dev.remask.schemas.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.GroupProtocol;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.LogAndFailExceptionHandler;
import org.apache.kafka.streams.errors.LogAndFailProcessingExceptionHandler;

/**
 * What every topology of an instance runs with.
 *
 * @param clients what every Kafka client gets: {@code bootstrap.servers}, {@code
 *     schema.registry.url} and what passes through
 * @param stateFolder holds what can always be restored from Kafka
 * @param threads stream threads of each topology
 * @param commitIntervalMs how long a transaction stays open: half the latency of a hop
 * @param examplesAheadMax how many examples a masker may be ahead of the trainer in each of its
 *     partitions; at least 2 x (logical batch + W), which the trainer's settings must confirm
 * @param replication of the topics that Kafka Streams makes for its state
 * @param outageMax how long a broker or a registry may be away before the instance ends
 */
public record StreamSettings(
    Map<String, Object> clients,
    Topics topics,
    Path stateFolder,
    int threads,
    int commitIntervalMs,
    long examplesAheadMax,
    Replication replication,
    Duration outageMax) {

  /** The commit interval that the program is shipped with. */
  public static final int COMMIT_INTERVAL_MS = 200;

  /** What the protocol rests on; a client setting that says otherwise is refused. */
  private static final Map<String, Object> FIXED =
      Map.of(
          StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
          StreamsConfig.EXACTLY_ONCE_V2,
          // The end of an epoch is read from, and its group deleted as, a classic group.
          StreamsConfig.GROUP_PROTOCOL_CONFIG,
          GroupProtocol.CLASSIC.name,
          ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
          "earliest",
          ConsumerConfig.ISOLATION_LEVEL_CONFIG,
          "read_committed",
          StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG,
          true);

  /**
   * After a kill -9 the work stands still until the dead member's session ends and its transaction
   * times out, so both are short. The batches let one thread fill the broker.
   */
  private static final Map<String, Object> DEFAULTS =
      Map.of(
          ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 6_000,
          ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 2_000,
          ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 10_000,
          ProducerConfig.LINGER_MS_CONFIG, 10,
          ProducerConfig.BATCH_SIZE_CONFIG, 256 * 1024,
          // The topics' limit decides; the default here is less than a segment may take.
          ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topics.RECORD_BYTES_MAX);

  public StreamSettings {
    clients = Map.copyOf(clients);
    atLeast("stream.threads", threads, 1);
    atLeast("commit.interval.ms", commitIntervalMs, 1);
    atLeast("examples.ahead.max", examplesAheadMax, 2);
    for (Map.Entry<String, Object> fixed : FIXED.entrySet()) {
      Object given = clients.get(fixed.getKey());
      if (given != null && !given.toString().equalsIgnoreCase(fixed.getValue().toString())) {
        throw new ConfigException("kafka." + fixed.getKey(), given, "must be " + fixed.getValue());
      }
    }
  }

  /** After which a transaction that is still open is given up, by the broker or by us. */
  Duration transactionTimeout() {
    String all = ProducerConfig.TRANSACTION_TIMEOUT_CONFIG;
    String own = StreamsConfig.producerPrefix(all); // Kafka Streams prefers it, too.
    String key = clients.containsKey(own) ? own : all;
    Object given = clients.getOrDefault(key, DEFAULTS.get(all));
    return Duration.ofMillis((int) ConfigDef.parseType("kafka." + key, given, ConfigDef.Type.INT));
  }

  /** Configuration of the packer: bad documents become dead letters. */
  public Map<String, Object> packing(String applicationId) {
    Map<String, Object> config = config(applicationId);
    config.put(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG, topics.deadLetters());
    config.put(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, BadDocumentHandler.class);
    return config;
  }

  /** Configuration of a masker: a segment that cannot be masked is a broken invariant. */
  public Map<String, Object> masking(String applicationId) {
    Map<String, Object> config = config(applicationId);
    config.put(
        StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG,
        LogAndFailProcessingExceptionHandler.class);
    return config;
  }

  /** Defaults, then what passes through, then what is fixed. */
  private Map<String, Object> config(String applicationId) {
    Map<String, Object> config = new HashMap<>(DEFAULTS);
    config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, commitIntervalMs);
    config.put(StreamsConfig.TASK_TIMEOUT_MS_CONFIG, outageMax.toMillis());
    config.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, (int) replication.factor());
    config.put(
        StreamsConfig.topicPrefix(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG),
        replication.minInsync());
    config.putAll(clients);
    config.putAll(FIXED);
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
    config.put(StreamsConfig.STATE_DIR_CONFIG, stateFolder.toString());
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, threads);
    // Sources read bytes, so nothing fails to deserialize; the default production handler fails
    // too.
    config.put(
        StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
        LogAndFailExceptionHandler.class);
    return config;
  }

  private static void atLeast(String key, long value, long least) {
    if (value < least) {
      throw new ConfigException(key, value, "must be at least " + least);
    }
  }
}
