package dev.remask.trainer.log;

import dev.remask.schemas.Arrival;
import dev.remask.schemas.SequenceKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a topic whose partitions number their records densely (invariant 3), and holds it to that:
 * within an epoch each record's sequence is the last one's plus 1. A lower one is a repeat (someone
 * reset a masker's group: the same examples, made again), dropped and counted. A higher one is a
 * gap, and ends in an IllegalStateException.
 *
 * <p>Bounded: a partition that holds its share is paused while {@code ahead} records wait in all.
 * {@link #offsets}, {@link #boundaries} and {@link #repeats} may be called by any thread, the rest
 * by one at a time.
 */
final class SequencedLog<V> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SequencedLog.class);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration CLOSE_MAX = Duration.ofMillis(500);
  private static final int NONE = -1;

  private final Consumer<byte[], V> consumer;
  private final Function<V, Place> placing;
  private final int ahead;
  private final Absence absence;
  private final List<Lane<V>> lanes;
  private long waiting;
  private final AtomicLong repeats = new AtomicLong();

  /** What is known of one partition. */
  private static final class Lane<V> {
    final TopicPartition partition;
    final ArrayDeque<Entry<V>> buffer = new ArrayDeque<>();
    final Boundaries boundaries = new Boundaries();

    /** What arrives next; null until someone reads the partition. */
    @Nullable Place due;

    /** Whether what comes before {@code due} was passed over on purpose. */
    boolean skipping = true;

    @Nullable Entry<V> lastTaken;

    Lane(TopicPartition partition) {
      this.partition = partition;
    }
  }

  private record Entry<V>(Place place, long offset, long arrivedMs, V value) {}

  /**
   * @param consumer read_committed, without a group; nobody else uses it
   * @param ahead records that may wait in memory
   * @param placing where a value says it stands; its key says the same
   * @param absence of the broker, or of the registry that names a record's schema
   */
  SequencedLog(
      Consumer<byte[], V> consumer,
      String topic,
      int partitions,
      int ahead,
      Function<V, Place> placing,
      Absence absence) {
    this.consumer = consumer;
    this.placing = placing;
    this.ahead = ahead;
    this.absence = absence;
    this.lanes =
        IntStream.range(0, partitions)
            .mapToObj(p -> new Lane<V>(new TopicPartition(topic, p)))
            .toList();
    List<TopicPartition> all = lanes.stream().map(lane -> lane.partition).toList();
    consumer.assign(all);
    consumer.seekToBeginning(all);
    consumer.pause(all);
  }

  /** Takes sequences {@code [start, end)} of an epoch; blocks until they are there. */
  List<V> read(int epoch, int partition, long start, long end) throws InterruptedException {
    return read(epoch, partition, start, end, ms -> {});
  }

  /**
   * The same.
   *
   * @param arrivals hears of each when its text came in, in milliseconds since 1970
   */
  List<V> read(int epoch, int partition, long start, long end, LongConsumer arrivals)
      throws InterruptedException {
    start(partition, new Place(epoch, start));
    Lane<V> lane = lanes.get(partition);
    List<V> values = new ArrayList<>();
    for (long sequence = start; sequence < end; sequence++) {
      Entry<V> taken = take(lane, new Place(epoch, sequence));
      arrivals.accept(taken.arrivedMs());
      values.add(taken.value());
    }
    return values;
  }

  /** Begins to read a partition, from the start of its log; what lies before is passed over. */
  void start(int partition, Place first) {
    Lane<V> lane = lanes.get(partition);
    if (lane.due == null) {
      lane.due = first;
    }
  }

  /** Whether the next record that can be taken is this one. */
  boolean isAt(int partition, Place place) {
    Lane<V> lane = lanes.get(partition);
    Entry<V> head = lane.buffer.peek();
    return place.equals(head == null ? lane.due : head.place());
  }

  /**
   * Goes to another place of a log that has one epoch and all its records. An offset is never less
   * than the sequence at it, and grows at least as fast: transaction markers only add. So the
   * record is not before the offset that this goes to.
   */
  void seek(int partition, Place place) {
    Lane<V> lane = lanes.get(partition);
    Entry<V> known = lane.lastTaken;
    long offset = place.sequence();
    if (known != null && known.place().compareTo(place) <= 0) {
      offset += known.offset() - known.place().sequence();
    }
    waiting -= lane.buffer.size();
    lane.buffer.clear();
    lane.due = place;
    lane.skipping = true;
    consumer.seek(lane.partition, offset);
  }

  /** The place after the last record that has come; that of {@link #start} if none has. */
  Place arrived(int partition) {
    Place due = lanes.get(partition).due;
    if (due == null) {
      throw new IllegalStateException("partition " + partition + " is not read yet");
    }
    return due;
  }

  /**
   * Lets records come in; returns after {@code atMost}, or when some have.
   *
   * @return how many, those included that are passed over
   */
  int poll(Duration atMost) throws InterruptedException {
    return poll(atMost, NONE);
  }

  /** Records dropped because they came again. */
  long repeats() {
    return repeats.get();
  }

  /** The offset after the last record taken, for each partition that one was taken of. */
  Map<TopicPartition, OffsetAndMetadata> offsets() {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (Lane<V> lane : lanes) {
      long next = lane.boundaries.last();
      if (next >= 0) {
        offsets.put(lane.partition, new OffsetAndMetadata(next));
      }
    }
    return offsets;
  }

  TopicPartition partition(int partition) {
    return lanes.get(partition).partition;
  }

  /** Where the log can be cut so that nothing from {@code place} on is lost. */
  Boundaries boundaries(int partition) {
    return lanes.get(partition).boundaries;
  }

  /** Says goodbye to the broker only if that takes no time. */
  @Override
  public void close() {
    try {
      consumer.close(CloseOptions.timeout(CLOSE_MAX));
    } catch (ConcurrentModificationException e) {
      LOG.warn("{} is still being read, and ends with the process", lanes.get(0).partition);
    }
  }

  private Entry<V> take(Lane<V> lane, Place place) throws InterruptedException {
    while (lane.buffer.isEmpty()) {
      poll(POLL, lane.partition.partition());
    }
    Entry<V> head = lane.buffer.element();
    if (!head.place().equals(place)) {
      throw new IllegalStateException(
          "%s should come next in %s, but there is %s at offset %d"
              .formatted(place, lane.partition, head.place(), head.offset()));
    }
    lane.buffer.remove();
    waiting--;
    lane.lastTaken = head;
    lane.boundaries.taken(head.place(), head.offset());
    return head;
  }

  private int poll(Duration atMost, int wanted) throws InterruptedException {
    balance(wanted);
    try {
      ConsumerRecords<byte[], V> records = fetch(atMost);
      for (ConsumerRecord<byte[], V> record : records) {
        accept(record);
      }
      return records.count();
    } catch (InterruptException e) {
      throw new InterruptedException("interrupted while reading " + lanes.get(0).partition);
    }
  }

  /** What cannot be read for now is given out again; the consumer has not moved. */
  private ConsumerRecords<byte[], V> fetch(Duration atMost) {
    try {
      ConsumerRecords<byte[], V> records = consumer.poll(atMost);
      if (!records.isEmpty()) {
        absence.over();
      }
      return records;
    } catch (InterruptException e) {
      throw e;
    } catch (KafkaException e) {
      absence.bear(e, () -> false); // a stop interrupts the thread that reads
      return ConsumerRecords.empty();
    }
  }

  private void balance(int wanted) {
    List<TopicPartition> pause = new ArrayList<>();
    List<TopicPartition> resume = new ArrayList<>();
    for (Lane<V> lane : lanes) {
      boolean full = waiting >= ahead && lane.buffer.size() >= ahead / lanes.size();
      boolean open = lane.due != null && (!full || lane.partition.partition() == wanted);
      (open ? resume : pause).add(lane.partition);
    }
    consumer.pause(pause);
    consumer.resume(resume);
  }

  private void accept(ConsumerRecord<byte[], V> record) {
    Lane<V> lane = lanes.get(record.partition());
    Place due = lane.due;
    Place place = place(record);
    if (due == null) {
      throw new IllegalStateException(lane.partition + " was not asked for");
    }
    if (place.compareTo(due) < 0) {
      repeats.addAndGet(lane.skipping ? 0 : 1);
      return;
    }
    boolean laterEpoch = place.epoch() > due.epoch() && place.sequence() == 0;
    if (!place.equals(due) && !laterEpoch) {
      throw new IllegalStateException(
          "a gap in %s: %s should come next, but there is %s at offset %d"
              .formatted(lane.partition, due, place, record.offset()));
    }
    lane.skipping = false;
    lane.due = place.next();
    lane.buffer.add(new Entry<>(place, record.offset(), Arrival.ms(record), record.value()));
    waiting++;
  }

  private Place place(ConsumerRecord<byte[], V> record) {
    if (record.key() == null || record.value() == null) {
      throw new IllegalStateException("no key or no value: " + record);
    }
    Place place = placing.apply(record.value());
    SequenceKey key = SequenceKey.decode(record.key());
    if (key.partition() != record.partition() || key.sequence() != place.sequence()) {
      throw new IllegalStateException(
          "%s at offset %d of %s-%d has the key %s"
              .formatted(place, record.offset(), record.topic(), record.partition(), key));
    }
    return place;
  }
}
