package dev.remask.topology;

import dev.remask.schemas.ClientConfigs;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Single committed records of a log: the first at or after an offset, and the last. Steps over
 * transaction markers and aborted records. Not thread-safe.
 */
final class LogEdges implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Consumer<byte[], byte[]> consumer;

  LogEdges(Map<String, ?> clients) {
    // Resets to the earliest offset: one that was purged meanwhile means the first that is left.
    Map<String, Object> config = ClientConfigs.logReader(clients);
    // A fetch at the end of one partition must not hold up the next partition for half a second.
    config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 10);
    // For one record; if it is larger it comes all the same (KIP-74).
    config.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 256 * 1024);
    consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** The first committed record at or after an offset; empty if there is none yet. */
  Optional<ConsumerRecord<byte[], byte[]>> first(TopicPartition partition, long from) {
    return read(partition, from, true);
  }

  /** The last committed record; empty if there is none. */
  Optional<ConsumerRecord<byte[], byte[]>> last(TopicPartition partition) {
    List<TopicPartition> one = List.of(partition);
    consumer.assign(one);
    long start = consumer.beginningOffsets(one).getOrDefault(partition, 0L);
    long end = consumer.endOffsets(one).getOrDefault(partition, 0L);
    // A record and its marker are the last two offsets, unless a transaction was aborted.
    long from = end;
    Optional<ConsumerRecord<byte[], byte[]>> last = Optional.empty();
    for (long back = 2; last.isEmpty() && from > start; back *= 8) {
      from = Math.max(start, end - back);
      last = read(partition, from, false);
    }
    return last;
  }

  /** The first or the last committed record of {@code [from, end now)}. */
  private Optional<ConsumerRecord<byte[], byte[]>> read(
      TopicPartition partition, long from, boolean firstOnly) {
    List<TopicPartition> one = List.of(partition);
    consumer.assign(one);
    consumer.seek(partition, from);
    long end = consumer.endOffsets(one).getOrDefault(partition, 0L);
    Optional<ConsumerRecord<byte[], byte[]>> found = Optional.empty();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (consumer.position(partition) < end) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL).records(partition)) {
        found = Optional.of(record);
        if (firstOnly) {
          return found;
        }
      }
      if (System.nanoTime() > deadline) {
        throw new TimeoutException("cannot read " + partition + " from offset " + from);
      }
    }
    return found;
  }

  @Override
  public void close() {
    // It is in no group, so there is nobody to wait for when the broker is away.
    consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
  }
}
