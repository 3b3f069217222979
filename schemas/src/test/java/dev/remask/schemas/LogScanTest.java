package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.Test;

class LogScanTest {
  private static final TopicPartition PARTITION = new TopicPartition("t", 2);

  /**
   * One partition in which records lie between offsets that hold none, as a reader of committed
   * records sees a log with markers and aborted transactions: the position passes over them.
   */
  private static final class GappyLog extends MockConsumer<byte[], byte[]> {
    private final TreeMap<Long, ConsumerRecord<byte[], byte[]>> records = new TreeMap<>();
    private final long end;
    private final int batch;
    int polls;
    int reads;

    GappyLog(long begin, long end, int batch) {
      super("earliest");
      this.end = end;
      this.batch = batch;
      updateBeginningOffsets(Map.of(PARTITION, begin));
      updateEndOffsets(Map.of(PARTITION, end));
    }

    void put(long offset, SequenceKey key) {
      records.put(
          offset,
          new ConsumerRecord<>(
              PARTITION.topic(), PARTITION.partition(), offset, key.encode(), new byte[0]));
    }

    @Override
    public synchronized void seek(TopicPartition partition, long offset) {
      reads++;
      super.seek(partition, offset);
    }

    /** At most {@code batch} offsets, empty ones included. */
    @Override
    public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
      polls++;
      long from = position(PARTITION);
      // A broker does not stop at the end that was asked for earlier.
      long to = Math.min(from + batch, end + 3);
      super.seek(PARTITION, to);
      SortedMap<Long, ConsumerRecord<byte[], byte[]>> found = records.subMap(from, to);
      return new ConsumerRecords<>(
          found.isEmpty() ? Map.of() : Map.of(PARTITION, List.copyOf(found.values())), Map.of());
    }
  }

  @Property(tries = 200)
  void theLastRecordIsFoundBehindAnyNumberOfMarkers(
      @ForAll @Size(max = 5) List<@IntRange(min = 1, max = 5000) Integer> gaps,
      @ForAll @IntRange(max = 100_000) int trailing,
      @ForAll @IntRange(max = 1000) int begin,
      @ForAll @IntRange(min = 1, max = 700) int batch) {
    long offset = begin;
    List<Long> offsets = new ArrayList<>();
    for (int gap : gaps) {
      offset += gap;
      offsets.add(offset);
    }
    GappyLog log = new GappyLog(begin, offset + 1 + trailing, batch);
    for (int i = 0; i < offsets.size(); i++) {
      log.put(offsets.get(i), new SequenceKey(2, 40 + i));
    }
    long expected = offsets.isEmpty() ? 0 : 40 + offsets.size();
    assertThat(LogScan.endSequence(log, PARTITION)).isEqualTo(expected);
  }

  @Test
  void theEndOfALongLogIsFoundWithoutReadingIt() {
    GappyLog log = new GappyLog(0, 1_000_000, 500);
    for (long i = 0; i < 999_990; i += 100) {
      log.put(i, new SequenceKey(2, i));
    }
    assertThat(LogScan.endSequence(log, PARTITION)).isEqualTo(999_901);
    assertThat(log.polls).isLessThan(5);
  }

  /** Any markers and aborted records between, in front and behind; a log that begins anywhere. */
  @Property(tries = 200)
  void everySegmentIsFoundAndNoOther(
      @ForAll @Size(max = 40) List<@IntRange(min = 1, max = 90) Integer> gaps,
      @ForAll @IntRange(max = 400) int trailing,
      @ForAll @IntRange(max = 100) int purged,
      @ForAll @IntRange(min = 1, max = 50) int batch) {
    long offset = purged - 1L; // as many records were there before, and offsets are never less
    SortedMap<Long, Long> offsets = new TreeMap<>();
    for (int gap : gaps) {
      offset += gap;
      offsets.put((long) purged + offsets.size(), offset);
    }
    GappyLog log = new GappyLog(purged, offset + 1 + trailing, batch);
    offsets.forEach((sequence, at) -> log.put(at, new SequenceKey(2, sequence)));
    for (long sequence = 0; sequence < purged + gaps.size() + 3; sequence++) {
      assertThat(LogScan.find(log, PARTITION, sequence).map(ConsumerRecord::offset))
          .isEqualTo(Optional.ofNullable(offsets.get(sequence)));
    }
  }

  /** Every range of the same logs, also one that begins or ends where there is nothing. */
  @Property(tries = 20)
  void rangesOfSequencesAreReadWholeAndNothingElse(
      @ForAll @Size(max = 9) List<@IntRange(min = 1, max = 30) Integer> gaps,
      @ForAll @IntRange(max = 100) int trailing,
      @ForAll @IntRange(min = 1, max = 50) int batch) {
    long offset = -1;
    List<Long> all = new ArrayList<>();
    GappyLog log = new GappyLog(0, gaps.stream().mapToLong(gap -> gap).sum() + trailing, batch);
    for (int gap : gaps) {
      offset += gap;
      log.put(offset, new SequenceKey(2, all.size()));
      all.add((long) all.size());
    }
    for (int from = 0; from <= gaps.size() + 1; from++) {
      for (int to = from; to <= gaps.size() + 2; to++) {
        List<Long> read = new ArrayList<>();
        LogScan.sequences(
            log, PARTITION, from, to, r -> read.add(SequenceKey.decode(r.key()).sequence()));
        assertThat(read)
            .isEqualTo(all.subList(Math.min(from, all.size()), Math.min(to, all.size())));
      }
    }
  }

  /** A marker after each record; after each hundredth; and nothing but aborts in the middle. */
  @Test
  void aSegmentOfALongLogIsFoundInAFewReads() {
    for (long every : new long[] {1, 100, 1_000_000}) {
      GappyLog log = new GappyLog(0, 3_000_000, 5_000);
      for (long s = 0; s < 1_000_000; s++) {
        log.put(s + s / every + (s < 500_000 ? 0 : 900_000), new SequenceKey(2, s));
      }
      for (long s : new long[] {0, 1, 4_711, 499_999, 500_000, 777_777, 999_999}) {
        log.reads = 0;
        assertThat(LogScan.find(log, PARTITION, s)).isPresent();
        assertThat(log.reads).as("reads for %d", s).isLessThanOrEqualTo(44);
      }
    }
  }

  @Test
  void aSegmentOfAnotherPartitionBreaksTheRule() {
    GappyLog log = new GappyLog(0, 9, 10);
    log.put(4, new SequenceKey(1, 4));
    assertThatThrownBy(() -> LogScan.find(log, PARTITION, 4))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("t-2");
  }

  @Test
  void anEmptyPartitionEndsAtZero() {
    assertThat(LogScan.endSequence(new GappyLog(0, 0, 10), PARTITION)).isZero();
    assertThat(LogScan.endSequence(new GappyLog(5, 5, 10), PARTITION)).isZero();
  }

  @Test
  void aRecordOfAnotherPartitionBreaksTheRule() {
    GappyLog log = new GappyLog(0, 1, 10);
    log.put(0, new SequenceKey(1, 0));
    assertThatThrownBy(() -> LogScan.endSequence(log, PARTITION))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("t-2");
  }

  /** What came after the end was asked for must be neither passed now nor lost later. */
  @Property(tries = 200)
  void drainStopsAtTheEndAndTheNextOneGoesOnThere(
      @ForAll @IntRange(min = 1, max = 20) int batch, @ForAll @IntRange(max = 20) int firstEnd) {
    GappyLog log = new GappyLog(0, 20, batch);
    for (int i = 0; i < 20; i++) {
      log.put(i, new SequenceKey(2, i));
    }
    log.assign(List.of(PARTITION));
    log.seek(PARTITION, 0);
    List<Long> seen = new ArrayList<>();
    LogScan.drain(log, Map.of(PARTITION, (long) firstEnd), record -> seen.add(record.offset()));
    assertThat(seen).hasSize(firstEnd);
    LogScan.drain(log, Map.of(PARTITION, 20L), record -> seen.add(record.offset()));
    assertThat(seen).hasSize(20).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void aTopicThatIsNotThereIsSaidToBeMissing() {
    try (MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest")) {
      Duration max = Duration.ofMillis(150);
      assertThatThrownBy(() -> LogReader.existing(consumer, "remask.plans", max))
          .isInstanceOf(UnknownTopicOrPartitionException.class)
          .hasMessageContaining("remask.plans");
    }
  }

  /** The first brokers that are asked do not know of it yet. */
  @Test
  void aTopicThatIsNewIsWaitedFor() {
    Topic<?> plans = Samples.TOPICS.plans();
    List<PartitionInfo> there = new ArrayList<>();
    for (int p = 0; p < plans.partitions(); p++) {
      there.add(new PartitionInfo(plans.name(), p, null, null, null));
    }
    int[] asked = {0};
    try (var consumer =
        new MockConsumer<byte[], byte[]>("earliest") {
          @Override
          public synchronized List<PartitionInfo> partitionsFor(String topic) {
            return asked[0]++ < 2 ? List.of() : there;
          }
        }) {
      assertThat(LogReader.partitions(consumer, plans)).hasSize(plans.partitions());
      assertThat(asked[0]).isEqualTo(3);
    }
  }
}
