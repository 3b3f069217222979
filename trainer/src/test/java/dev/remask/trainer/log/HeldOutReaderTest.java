package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.MaskingPolicy;
import dev.remask.schemas.Segment;
import dev.remask.schemas.Topic;
import dev.remask.schemas.Topics;
import dev.remask.trainer.FakeLearner;
import dev.remask.trainer.Unigram;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class HeldOutReaderTest {
  private static final Topics TOPICS = new Topics("t.");
  private static final Topic<Segment> HELD_OUT = TOPICS.heldOut("books", RunLogs.PARTITIONS);
  private static final Topic<Segment> SEGMENTS = TOPICS.segments("books", RunLogs.PARTITIONS);
  private static final int MOST = 12;

  /** Two topics that grow, and that fail at times. */
  private static final class Growing implements HeldOutReader.Log {
    final Map<String, List<List<ConsumerRecord<byte[], Segment>>>> topics = new HashMap<>();
    int passed;
    int failsAfter = Integer.MAX_VALUE;

    Growing() {
      for (Topic<Segment> topic : List.of(HELD_OUT, SEGMENTS)) {
        List<List<ConsumerRecord<byte[], Segment>>> partitions = new ArrayList<>();
        for (int p = 0; p < RunLogs.PARTITIONS; p++) {
          partitions.add(new ArrayList<>());
        }
        topics.put(topic.name(), partitions);
      }
    }

    /** Every record is followed by a marker. */
    void grow(Topic<Segment> topic, RunLogs logs, int partition, int to) {
      List<Segment> all = logs.segments.from(partition, 0);
      List<ConsumerRecord<byte[], Segment>> log = partitions(topic).get(partition);
      for (int s = log.size(); s < to; s++) {
        log.add(new ConsumerRecord<>(topic.name(), partition, 2L * s, new byte[0], all.get(s)));
      }
    }

    private List<List<ConsumerRecord<byte[], Segment>>> partitions(Topic<Segment> topic) {
      return topics.getOrDefault(topic.name(), List.of());
    }

    @Override
    public void readOn(
        Topic<Segment> topic,
        long[] positions,
        long offsetsMax,
        Consumer<ConsumerRecord<byte[], Segment>> sink) {
      for (int p = 0; p < positions.length; p++) {
        List<ConsumerRecord<byte[], Segment>> log = partitions(topic).get(p);
        for (ConsumerRecord<byte[], Segment> record : List.copyOf(log)) {
          if (record.offset() >= positions[p] && record.offset() < offsetsMax) {
            if (failsAfter-- == 0) {
              throw new IllegalStateException("away");
            }
            sink.accept(record);
            passed++;
            positions[p] = record.offset() + 1;
          }
        }
        positions[p] = Math.max(positions[p], Math.min(offsetsMax, 2L * log.size()));
      }
    }
  }

  private static HeldOutReader reader(Growing log, RunLogs logs) {
    return new HeldOutReader(
        log,
        HELD_OUT,
        SEGMENTS,
        RunLogs.masker(logs.planOf(0)),
        new Unigram(MaskingPolicy.ROBERTA, RunLogs.VOCABULARY),
        token -> token % 7,
        logs.pairs,
        MOST);
  }

  private static RunLogs logs() {
    RunLogs logs = new RunLogs(3, 60, 60, 60);
    logs.plan(0, List.of());
    return logs;
  }

  /** However the logs grow and whatever fails meanwhile: as if all of it were read anew. */
  @Property(tries = 60)
  void readingOnGivesWhatReadingAnewGives(@ForAll long seed) {
    Random random = new Random(seed);
    RunLogs logs = logs();
    Growing log = new Growing();
    HeldOutReader reader = reader(log, logs);
    int[] sizes = new int[2 * RunLogs.PARTITIONS];
    for (int look = 0; look < 6; look++) {
      for (int i = 0; i < sizes.length; i++) {
        sizes[i] += random.nextInt(10);
        log.grow(i % 2 == 0 ? HELD_OUT : SEGMENTS, logs, i / 2, sizes[i]);
      }
      if (random.nextBoolean()) {
        log.failsAfter = random.nextInt(12);
      }
      HeldOutText text = read(reader);
      log.failsAfter = Integer.MAX_VALUE;
      int passed = log.passed;
      HeldOutText anew = reader(log, logs).read();
      log.passed = passed;
      assertThat(text.size()).isEqualTo(anew.size()).isLessThanOrEqualTo(MOST);
      assertThat(text.score(new FakeLearner())).isEqualTo(anew.score(new FakeLearner()));
      assertThat(text.complete()).isFalse();
      assertThat(log.passed).as("each record once").isEqualTo(withinReach(log));
    }
  }

  /** Asked again until it succeeds. */
  private static HeldOutText read(HeldOutReader reader) {
    try {
      return reader.read();
    } catch (IllegalStateException e) {
      return reader.read();
    }
  }

  /** Of held-out text, four offsets for each segment that is taken. */
  private static int withinReach(Growing log) {
    long most = 4L * MOST / RunLogs.PARTITIONS;
    long heldOut =
        log.topics.getOrDefault(HELD_OUT.name(), List.of()).stream()
            .flatMap(List::stream)
            .filter(record -> record.offset() < most)
            .count();
    long segments =
        log.topics.getOrDefault(SEGMENTS.name(), List.of()).stream().mapToInt(List::size).sum();
    return (int) (heldOut + segments);
  }

  @Test
  void aFailureIsNotSwallowed() {
    Growing log = new Growing();
    RunLogs logs = logs();
    log.grow(SEGMENTS, logs, 1, 5);
    log.failsAfter = 2;
    assertThatThrownBy(() -> reader(log, logs).read()).hasMessage("away");
    assertThat(log.passed).isEqualTo(2);
  }
}
