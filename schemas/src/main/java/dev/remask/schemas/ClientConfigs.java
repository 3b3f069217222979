package dev.remask.schemas;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/**
 * One map configures everything; each Kafka client gets the keys it knows, so that a warning of an
 * unknown key is worth reading. Copies: the caller may change them.
 */
public final class ClientConfigs {
  private ClientConfigs() {}

  /**
   * For reading a log as it is: committed records only, no group, no topic made by asking for it.
   */
  public static Map<String, Object> logReader(Map<String, ?> config) {
    Map<String, Object> consumer = only(ConsumerConfig.configNames(), config);
    consumer.remove(ConsumerConfig.GROUP_ID_CONFIG);
    consumer.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
    consumer.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    consumer.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    consumer.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    // At its end a log has nothing to wait for, and a fetch that waits delays the next seek.
    consumer.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 10);
    consumer.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    return consumer;
  }

  /** For records that must be there: acknowledged by all replicas, written once. */
  public static Map<String, Object> producer(Map<String, ?> config) {
    Map<String, Object> producer = only(ProducerConfig.configNames(), config);
    producer.put(ProducerConfig.ACKS_CONFIG, "all");
    producer.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    // The topic's limit decides; the default here is less than a text takes.
    producer.putIfAbsent(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topics.RECORD_BYTES_MAX);
    return producer;
  }

  public static Map<String, Object> admin(Map<String, ?> config) {
    return only(AdminClientConfig.configNames(), config);
  }

  private static Map<String, Object> only(Set<String> names, Map<String, ?> config) {
    Map<String, Object> known = new HashMap<>(config);
    known.keySet().retainAll(names);
    return known;
  }
}
