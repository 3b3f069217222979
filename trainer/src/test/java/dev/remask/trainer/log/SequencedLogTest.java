package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.schemas.MaskedExample;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class SequencedLogTest {
  private final RunLogs logs = new RunLogs(2, 200, 200, 200);

  private SequencedLog<MaskedExample> log(
      InMemoryLog<MaskedExample>.TailConsumer consumer, int ahead) {
    return new SequencedLog<>(
        consumer,
        "live",
        RunLogs.PARTITIONS,
        ahead,
        record -> new Place(record.getEpoch(), record.getSequence()),
        RunLogs.PATIENCE.absence("reading"));
  }

  /** Invariant 10: what waits is bounded, and yet a batch can always gather, wherever it lies. */
  @Test
  void aheadIsBoundedAndAlwaysReached() throws Exception {
    logs.plan(0, List.of());
    for (boolean lopsided : new boolean[] {false, true}) {
      RunLogs filled = new RunLogs(2, 200, lopsided ? 0 : 200, lopsided ? 0 : 200);
      filled.plan(0, List.of());
      filled.maskAll(0);
      InMemoryLog<MaskedExample>.TailConsumer consumer = filled.live.consumer();
      SequencedLog<MaskedExample> log = log(consumer, 30);
      for (int p = 0; p < RunLogs.PARTITIONS; p++) {
        log.start(p, new Place(0, 0));
      }
      for (int i = 0; i < 100; i++) {
        log.poll(Duration.ZERO);
      }
      assertThat(consumer.polled).isBetween(30L, 2 * 30L + 7);
    }
  }

  @Test
  void nothingIsReadOfAPartitionThatNobodyAskedFor() throws Exception {
    logs.plan(0, List.of());
    logs.maskAll(0);
    InMemoryLog<MaskedExample>.TailConsumer consumer = logs.live.consumer();
    SequencedLog<MaskedExample> log = log(consumer, 1_000);
    log.read(0, 1, 0, 200);
    assertThat(consumer.polled).isEqualTo(200);
    assertThat(log.offsets()).containsOnlyKeys(new TopicPartition("live", 1));
  }

  /** A cut at the boundary of a place keeps that place and all after it. */
  @Property(tries = 60)
  void boundariesNeverCutWhatIsNeeded(
      @ForAll @IntRange(max = 60) int epoch1,
      @ForAll @IntRange(min = 1, max = 60) int epoch2,
      @ForAll @IntRange(max = 60) int place,
      @ForAll boolean second)
      throws Exception {
    RunLogs run = new RunLogs(4, 60, 0, 0);
    run.plan(1, List.of((long) epoch1, 0L, 0L));
    run.plan(2, List.of((long) epoch2, 0L, 0L));
    run.maskAll(1);
    run.maskAll(2);
    SequencedLog<MaskedExample> log = RunLogs.examples(run.replays, 10);
    if (epoch1 > 0) {
      log.read(1, 0, 0, epoch1);
    }
    log.read(2, 0, 0, epoch2);
    Place needed =
        second ? new Place(2, Math.min(place, epoch2)) : new Place(1, Math.min(place, epoch1));
    long cut = log.boundaries(0).before(needed).orElse(0);
    List<Place> left =
        run.replays.from(0, cut).stream()
            .map(record -> new Place(record.getEpoch(), record.getSequence()))
            .toList();
    long expected =
        run.replays.from(0, 0).stream()
            .filter(r -> new Place(r.getEpoch(), r.getSequence()).compareTo(needed) >= 0)
            .count();
    assertThat(left).filteredOn(p -> p.compareTo(needed) >= 0).hasSize((int) expected);
    assertThat(left.size() - expected).as("kept too much").isLessThanOrEqualTo(1);
  }
}
