package dev.remask.schemas;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Reads a range of offsets in which not every offset holds a record: transaction markers and
 * aborted records take offsets too, and a consumer of committed records passes over them in
 * silence.
 */
final class LogScan {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration SILENCE_MAX = Duration.ofSeconds(60);

  /** Offsets to step back first, and how much further each next step reaches. */
  private static final long STEP = 64;

  private static final long STEP_GROWTH = 8;

  interface Sink<K, V> {
    void accept(ConsumerRecord<K, V> record);
  }

  private LogScan() {}

  /** The sequence after that of the last committed record, 0 if there is none. */
  static long endSequence(Consumer<byte[], ?> consumer, TopicPartition partition) {
    return lastKey(consumer, partition).map(key -> sequence(partition, key) + 1).orElse(0L);
  }

  private static long sequence(TopicPartition partition, byte[] key) {
    SequenceKey place = SequenceKey.decode(key);
    if (place.partition() != partition.partition()) {
      throw new IllegalStateException(partition + " holds a record of " + place);
    }
    return place.sequence();
  }

  /**
   * The committed record of a sequence, in a log of dense sequences. There markers and aborted
   * records only add offsets, so from any record on, offsets grow at least as fast as sequences:
   * one record tells how far away the sought one is at least. That leads there at once where little
   * lies between; reads at the middle of what is left, in turn with it, keep the number of reads at
   * twice the logarithm of the log's length whatever lies between.
   */
  static <V> Optional<ConsumerRecord<byte[], V>> find(
      Consumer<byte[], V> consumer, TopicPartition partition, long sequence) {
    List<TopicPartition> one = List.of(partition);
    consumer.assign(one);
    long begin = consumer.beginningOffsets(one).getOrDefault(partition, 0L);
    long low = Math.max(begin, sequence);
    long high = consumer.endOffsets(one).getOrDefault(partition, 0L);
    for (boolean leap = true; low < high; leap = !leap) {
      long from = leap ? low : low + (high - low) / 2;
      Optional<ConsumerRecord<byte[], V>> first = first(consumer, partition, from, high);
      long there = first.map(record -> sequence(partition, record.key())).orElse(Long.MAX_VALUE);
      if (there == sequence) {
        return first;
      }
      if (there > sequence) {
        high = from; // It is before this place, if it is anywhere.
      } else {
        low = first.map(ConsumerRecord::offset).orElse(high) + sequence - there;
      }
    }
    return Optional.empty();
  }

  /** Passes the records of sequences {@code [from, to)}, as far as they are there, in order. */
  static <V> void sequences(
      Consumer<byte[], V> consumer,
      TopicPartition partition,
      long from,
      long to,
      Sink<byte[], V> sink) {
    Optional<Long> first = find(consumer, partition, from).map(ConsumerRecord::offset);
    if (first.isEmpty() || from >= to) {
      return;
    }
    long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    long[] next = {from};
    for (long at = first.get(); at < end && next[0] < to; ) {
      // As many offsets as sequences are missing hold no more of these: markers only add.
      long until = Math.min(end, at + to - next[0]);
      consumer.seek(partition, at);
      drain(
          consumer,
          Map.of(partition, until),
          record -> {
            sink.accept(record);
            next[0] = sequence(partition, record.key()) + 1;
          });
      at = until;
    }
  }

  /** The first committed record of {@code [from, to)}. */
  private static <V> Optional<ConsumerRecord<byte[], V>> first(
      Consumer<byte[], V> consumer, TopicPartition partition, long from, long to) {
    consumer.seek(partition, from);
    long deadline = System.nanoTime() + SILENCE_MAX.toNanos();
    while (consumer.position(partition) < to) {
      for (ConsumerRecord<byte[], V> record : consumer.poll(POLL).records(partition)) {
        return record.offset() < to ? Optional.of(record) : Optional.empty();
      }
      if (System.nanoTime() > deadline) {
        throw new TimeoutException("cannot read " + partition + " from offset " + from);
      }
    }
    return Optional.empty();
  }

  /** Looks at the last offsets first, then ever further back until there is a record. */
  static Optional<byte[]> lastKey(Consumer<byte[], ?> consumer, TopicPartition partition) {
    List<TopicPartition> one = List.of(partition);
    consumer.assign(one);
    long begin = consumer.beginningOffsets(one).getOrDefault(partition, 0L);
    long end = consumer.endOffsets(one).getOrDefault(partition, 0L);
    for (long step = STEP; end > begin; step *= STEP_GROWTH) {
      long from = Math.max(begin, end - step);
      consumer.seek(partition, from);
      List<byte[]> last = new ArrayList<>(1);
      drain(
          consumer,
          Map.of(partition, end),
          record -> {
            last.clear();
            last.add(record.key());
          });
      if (!last.isEmpty()) {
        return Optional.of(last.get(0));
      }
      end = from;
    }
    return Optional.empty();
  }

  /**
   * Passes what lies between the consumer's positions and the given ends, and leaves the positions
   * at the ends.
   */
  static <K, V> void drain(
      Consumer<K, V> consumer, Map<TopicPartition, Long> ends, Sink<K, V> sink) {
    long reached = -1;
    long moved = System.nanoTime();
    while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      long sum = ends.keySet().stream().mapToLong(consumer::position).sum();
      if (sum > reached) {
        reached = sum;
        moved = System.nanoTime();
      } else if (System.nanoTime() - moved > SILENCE_MAX.toNanos()) {
        throw new TimeoutException("no progress for " + SILENCE_MAX + " towards " + ends);
      }
      for (ConsumerRecord<K, V> record : consumer.poll(POLL)) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        if (record.offset() < ends.getOrDefault(partition, 0L)) {
          sink.accept(record);
        }
      }
    }
    ends.forEach((partition, end) -> consumer.seek(partition, end.longValue()));
  }
}
