package dev.remask.trainer.log;

import dev.remask.schemas.Arrival;
import dev.remask.schemas.SequenceKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/**
 * A topic in memory, and consumers of it that may seek back. Offsets have gaps, as markers make.
 */
final class InMemoryLog<V> {
  final String topic;

  /** Of one poll. */
  int pollRecordsMax = 7;

  /** Of the first polls of each consumer, which find nothing. */
  int emptyPolls;

  private final Random random = new Random(5);
  private final List<List<ConsumerRecord<byte[], V>>> partitions = new ArrayList<>();
  private final long[] nextOffset;

  InMemoryLog(String topic, int partitions) {
    this.topic = topic;
    this.nextOffset = new long[partitions];
    for (int p = 0; p < partitions; p++) {
      this.partitions.add(new ArrayList<>());
    }
  }

  synchronized void append(int partition, long sequence, V value) {
    byte[] key = new SequenceKey(partition, sequence).encode();
    nextOffset[partition] += random.nextInt(4) == 0 ? 1 : 0;
    ConsumerRecord<byte[], V> record =
        new ConsumerRecord<>(topic, partition, nextOffset[partition]++, key, value);
    Arrival.headers(arrivedMs(partition, sequence)).forEach(record.headers()::add);
    partitions.get(partition).add(record);
  }

  /** When the text of each record came in. */
  static long arrivedMs(int partition, long sequence) {
    return -1_000 * (partition + 1) - sequence;
  }

  synchronized int size(int partition) {
    return partitions.get(partition).size();
  }

  /** What is left of a partition when all before an offset is deleted. */
  synchronized List<V> from(int partition, long offset) {
    return partitions.get(partition).stream()
        .filter(record -> record.offset() >= offset)
        .map(ConsumerRecord::value)
        .toList();
  }

  private synchronized List<ConsumerRecord<byte[], V>> fetch(int partition, long offset, int most) {
    return partitions.get(partition).stream()
        .filter(record -> record.offset() >= offset)
        .limit(most)
        .toList();
  }

  TailConsumer consumer() {
    return new TailConsumer();
  }

  /** Mock consumers forget what they have given out; this one reads the log. */
  final class TailConsumer extends MockConsumer<byte[], V> {
    private final Map<TopicPartition, Long> positions = new HashMap<>();
    long polled;
    private int empty = emptyPolls;

    /** Thrown by the next polls, one each; nothing moves. */
    final Deque<RuntimeException> failures = new ArrayDeque<>();

    TailConsumer() {
      super("earliest");
    }

    @Override
    public synchronized void seek(TopicPartition partition, long offset) {
      positions.put(partition, offset);
    }

    @Override
    public synchronized void seekToBeginning(Collection<TopicPartition> partitions) {
      partitions.forEach(partition -> seek(partition, 0));
    }

    @Override
    public synchronized ConsumerRecords<byte[], V> poll(Duration timeout) {
      if (!failures.isEmpty()) {
        throw failures.remove();
      }
      if (empty-- > 0) {
        return ConsumerRecords.empty();
      }
      List<TopicPartition> open = new ArrayList<>(assignment());
      open.removeAll(paused());
      Collections.shuffle(open, random);
      Map<TopicPartition, List<ConsumerRecord<byte[], V>>> found = new HashMap<>();
      int left = pollRecordsMax;
      for (TopicPartition partition : open) {
        List<ConsumerRecord<byte[], V>> records =
            fetch(partition.partition(), positions.getOrDefault(partition, 0L), left);
        if (!records.isEmpty()) {
          positions.put(partition, records.get(records.size() - 1).offset() + 1);
          found.put(partition, records);
          left -= records.size();
          polled += records.size();
        }
      }
      if (found.isEmpty()) {
        pause();
      }
      return new ConsumerRecords<>(found, Map.of());
    }

    private void pause() {
      try {
        Thread.sleep(1);
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    }
  }
}
