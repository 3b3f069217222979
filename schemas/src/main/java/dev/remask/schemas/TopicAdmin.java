package dev.remask.schemas;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Makes topics exist as declared. */
public final class TopicAdmin {
  private static final int VISIBLE_ATTEMPTS_MAX = 100;
  private static final long VISIBLE_PAUSE_MS = 100;

  private TopicAdmin() {}

  /**
   * Creates what is missing, and returns when it can be used. An existing topic keeps its settings;
   * one with another number of partitions, or with a setting that would lose what it keeps, ends in
   * a ConfigException that names both values, before anything is created.
   */
  public static void ensure(Admin admin, Replication replication, List<Topic<?>> topics) {
    Map<String, Integer> existing = checked(admin, topics);
    List<NewTopic> missing =
        topics.stream()
            .filter(topic -> !existing.containsKey(topic.name()))
            .map(topic -> newTopic(topic.name(), topic.partitions(), replication, topic.config()))
            .toList();
    create(admin, missing);
    // Another process may have created one of them in between.
    checked(admin, topics);
  }

  /** The same for the dead letters, which are not Avro and have one partition. */
  public static void ensureDeadLetters(Admin admin, Replication replication, Topics topics) {
    String name = topics.deadLetters();
    if (partitions(admin, List.of(name)).isEmpty()) {
      create(admin, List.of(newTopic(name, 1, replication, Topics.deadLettersConfig())));
    }
  }

  /**
   * A topic of one partition that keeps the last record of each key. A ConfigException if it exists
   * in another form: cleaned otherwise, it would lose what it is there to keep.
   */
  static void ensureCompacted(Admin admin, Replication replication, String name) {
    Topic<?> topic =
        new Topic<>(
            name,
            SpecificRecord.class,
            1,
            Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT),
            Set.of(TopicConfig.CLEANUP_POLICY_CONFIG));
    ensure(admin, replication, List.of(topic));
  }

  /**
   * For a topic that is not ours to make: a ConfigException unless it exists and has this many
   * partitions.
   */
  public static void requirePartitions(Admin admin, String name, int partitions) {
    Integer found = partitions(admin, List.of(name)).get(name);
    if (found == null) {
      throw new ConfigException("topic " + name, "no topic", "must exist");
    }
    requirePartitions(name, found, partitions);
  }

  private static NewTopic newTopic(
      String name, int partitions, Replication replication, Map<String, String> config) {
    Map<String, String> all = new HashMap<>(config);
    all.put(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, Integer.toString(replication.minInsync()));
    return new NewTopic(name, partitions, replication.factor()).configs(all);
  }

  static void requirePartitions(String topic, int found, int wanted) {
    if (found != wanted) {
      throw new ConfigException(
          "topic " + topic, found + " partitions", "must have " + wanted + " partitions");
    }
  }

  /** ConfigException unless what the topic requires is so. */
  static void requireConfig(Topic<?> topic, Config found) {
    for (String key : topic.required()) {
      ConfigEntry entry = found.get(key);
      String value = entry == null ? "unknown" : entry.value();
      String wanted = topic.config().get(key);
      if (!value.equals(wanted)) {
        throw new ConfigException("topic " + topic.name(), key + "=" + value, "must be " + wanted);
      }
    }
  }

  private static Map<String, Integer> checked(Admin admin, List<Topic<?>> topics) {
    Map<String, Integer> existing = partitions(admin, topics.stream().map(Topic::name).toList());
    for (Topic<?> topic : topics) {
      if (existing.containsKey(topic.name())) {
        requirePartitions(topic.name(), existing.get(topic.name()), topic.partitions());
      }
    }
    requireConfigs(
        admin,
        topics.stream()
            .filter(topic -> existing.containsKey(topic.name()) && !topic.required().isEmpty())
            .toList());
    return existing;
  }

  private static void requireConfigs(Admin admin, List<Topic<?>> topics) {
    if (topics.isEmpty()) {
      return;
    }
    List<ConfigResource> resources =
        topics.stream()
            .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic.name()))
            .toList();
    Map<ConfigResource, Config> found = await(admin.describeConfigs(resources).all());
    for (int i = 0; i < topics.size(); i++) {
      requireConfig(topics.get(i), found.getOrDefault(resources.get(i), new Config(List.of())));
    }
  }

  /** Of those that exist. */
  private static Map<String, Integer> partitions(Admin admin, Collection<String> names) {
    Map<String, KafkaFuture<TopicDescription>> answers =
        admin.describeTopics(names).topicNameValues();
    Map<String, Integer> partitions = new HashMap<>();
    answers.forEach(
        (name, answer) -> {
          try {
            partitions.put(name, await(answer).partitions().size());
          } catch (UnknownTopicOrPartitionException e) {
            // It does not exist.
          }
        });
    return partitions;
  }

  private static void create(Admin admin, List<NewTopic> topics) {
    Map<String, KafkaFuture<Void>> answers = admin.createTopics(topics).values();
    answers.forEach(
        (name, answer) -> {
          try {
            await(answer);
          } catch (TopicExistsException e) {
            // Somebody else was faster.
          }
        });
    awaitVisible(admin, new ArrayList<>(answers.keySet()));
  }

  /** A broker may learn of a new topic a moment after the controller has made it. */
  private static void awaitVisible(Admin admin, List<String> names) {
    for (int attempt = 0; partitions(admin, names).size() < names.size(); attempt++) {
      if (attempt == VISIBLE_ATTEMPTS_MAX) {
        throw new TimeoutException("created, but not visible on the brokers: " + names);
      }
      try {
        Thread.sleep(VISIBLE_PAUSE_MS);
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    }
  }

  private static <T> T await(KafkaFuture<T> answer) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }
}
