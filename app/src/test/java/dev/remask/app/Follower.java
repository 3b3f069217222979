package dev.remask.app;

import dev.remask.schemas.ClientConfigs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads topics as they grow, from their very first record on, before the trainer purges what it has
 * learned; fails if that was faster. Bears with a broker that is away.
 */
final class Follower implements AutoCloseable {
  private final IsolationLevel isolation;
  private final List<TopicPartition> partitions;
  private final Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records;
  private final AtomicBoolean finishing = new AtomicBoolean();
  private final Background<Void> reading;

  Follower(
      Map<String, Object> clients,
      IsolationLevel isolation,
      List<String> topics,
      int partitionsOfEach) {
    this.isolation = isolation;
    partitions =
        topics.stream()
            .flatMap(
                topic ->
                    IntStream.range(0, partitionsOfEach)
                        .mapToObj(p -> new TopicPartition(topic, p)))
            .toList();
    records = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
    partitions.forEach(partition -> records.put(partition, new ArrayList<>()));
    Map<String, Object> config = ClientConfigs.logReader(clients);
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation.toString());
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 100);
    reading =
        new Background<>(
            "follower",
            ended -> {
              ByteArrayDeserializer bytes = new ByteArrayDeserializer();
              try (var consumer = new KafkaConsumer<>(config, bytes, bytes)) {
                consumer.assign(partitions);
                partitions.forEach(partition -> consumer.seek(partition, 0));
                while (!ended.getAsBoolean() && !(finishing.get() && isAtEnd(consumer))) {
                  for (var record : consumer.poll(Duration.ofMillis(100))) {
                    TopicPartition of = new TopicPartition(record.topic(), record.partition());
                    records.get(of).add(record);
                  }
                }
              }
              return null;
            });
    reading.start();
  }

  private boolean isAtEnd(KafkaConsumer<byte[], byte[]> consumer) {
    try {
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      return partitions.stream().allMatch(p -> consumer.position(p) >= ends.get(p));
    } catch (TimeoutException e) {
      return false;
    }
  }

  /** Reads up to the present end; all that this topic ever held, per partition. */
  List<List<ConsumerRecord<byte[], byte[]>>> finish(String topic, Duration atMost)
      throws Exception {
    finishing.set(true);
    Await.until("all is read, " + isolation, atMost, reading::finished);
    reading.result();
    return partitions.stream()
        .filter(partition -> partition.topic().equals(topic))
        .map(partition -> List.copyOf(records.get(partition)))
        .toList();
  }

  @Override
  public void close() {
    reading.close();
  }
}
