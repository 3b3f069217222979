package dev.remask.app;

import dev.remask.schemas.AvroSerdes;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/**
 * What may follow {@code kafka.}: the keys of Kafka's clients and of Streams, of the latter also
 * with the prefix of a client, and those of our serde. A key that nobody reads is a typing error,
 * and what it sets may be a secret.
 */
final class ClientKeys {
  private static final Set<String> PLAIN =
      Stream.of(
              AdminClientConfig.configNames(),
              ConsumerConfig.configNames(),
              ProducerConfig.configNames(),
              StreamsConfig.configDef().names(),
              AvroSerdes.configDef().names())
          .flatMap(Set::stream)
          .collect(Collectors.toUnmodifiableSet());

  /** Streams' ways to speak to one of its clients. */
  private static final Map<String, Set<String>> PREFIXED = prefixed();

  private ClientKeys() {}

  private static Map<String, Set<String>> prefixed() {
    Map<String, Set<String>> prefixed = new TreeMap<>();
    for (String prefix :
        new String[] {
          StreamsConfig.CONSUMER_PREFIX,
          StreamsConfig.MAIN_CONSUMER_PREFIX,
          StreamsConfig.RESTORE_CONSUMER_PREFIX,
          StreamsConfig.GLOBAL_CONSUMER_PREFIX
        }) {
      prefixed.put(prefix, ConsumerConfig.configNames());
    }
    prefixed.put(StreamsConfig.PRODUCER_PREFIX, ProducerConfig.configNames());
    prefixed.put(StreamsConfig.ADMIN_CLIENT_PREFIX, AdminClientConfig.configNames());
    return prefixed;
  }

  /**
   * Whether somebody reads it.
   *
   * @param key without {@code kafka.}
   */
  static boolean isKnown(String key) {
    return PLAIN.contains(key)
        || key.startsWith(StreamsConfig.TOPIC_PREFIX)
        || PREFIXED.entrySet().stream()
            .anyMatch(
                e ->
                    key.startsWith(e.getKey())
                        && e.getValue().contains(key.substring(e.getKey().length())));
  }
}
