package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.schemas.MaskedExample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.RecordDeserializationException.DeserializationExceptionOrigin;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class SequencedLogTest {
  private final RunLogs logs = new RunLogs(2, 200, 200, 200);

  private SequencedLog<MaskedExample> log(
      InMemoryLog<MaskedExample>.TailConsumer consumer, int ahead) {
    return log(consumer, ahead, RunLogs.PATIENCE);
  }

  private SequencedLog<MaskedExample> log(
      InMemoryLog<MaskedExample>.TailConsumer consumer, int ahead, Patience patience) {
    return new SequencedLog<>(
        consumer,
        "live",
        RunLogs.PARTITIONS,
        ahead,
        record -> new Place(record.getEpoch(), record.getSequence()),
        patience.absence("reading live"));
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

  private static RuntimeException unread(RuntimeException registry) {
    return new RecordDeserializationException(
        DeserializationExceptionOrigin.VALUE,
        new TopicPartition("live", 0),
        3,
        0,
        TimestampType.CREATE_TIME,
        null,
        null,
        new RecordHeaders(),
        "If needed, please seek past the record",
        registry);
  }

  /** A registry that is away says nothing about the record: it is read again, not passed over. */
  @Test
  void whatCannotBeReadForAWhileIsReadLater() throws Exception {
    logs.plan(0, List.of());
    logs.maskAll(0);
    List<String> notices = new ArrayList<>();
    InMemoryLog<MaskedExample>.TailConsumer consumer = logs.live.consumer();
    SequencedLog<MaskedExample> log =
        log(consumer, 30, PatienceTest.patience(Duration.ofSeconds(60), notices, () -> false));
    List<Long> read = new ArrayList<>();
    for (int from = 0; from < 200; from += 20) {
      consumer.failures.add(unread(new DisconnectException("cannot reach the registry")));
      consumer.failures.add(new TimeoutException("no position"));
      log.read(0, 0, from, from + 20).forEach(example -> read.add(example.getSequence()));
    }
    assertThat(read).isEqualTo(LongStream.range(0, 200).boxed().toList());
    assertThat(log.repeats()).isZero();
    assertThat(notices.get(0))
        .isEqualTo(
            "reading live: no answer for 0 s, giving up after 60 s: cannot reach the registry");
    assertThat(notices.get(1)).isEqualTo("reading live: it is back");
  }

  @Test
  void whatCannotBeReadForTooLongEndsWithOneLine() {
    InMemoryLog<MaskedExample>.TailConsumer consumer = logs.live.consumer();
    Patience patience =
        PatienceTest.patience(Duration.ofSeconds(20), new ArrayList<>(), () -> false);
    SequencedLog<MaskedExample> log = log(consumer, 30, patience);
    for (int i = 0; i < 50; i++) {
      consumer.failures.add(unread(new DisconnectException("cannot reach the registry")));
    }
    assertThatThrownBy(() -> log.read(0, 0, 0, 1))
        .isInstanceOf(TimeoutException.class)
        .hasMessage("reading live has failed for more than 20 s: cannot reach the registry");
  }

  @Test
  void aRefusalEndsAtOnce() {
    for (RuntimeException refusal :
        List.of(
            new TopicAuthorizationException("live"),
            new SaslAuthenticationException("wrong password"),
            unread(new AuthorizationException("not this registry")),
            unread(new SerializationException("no such schema")))) {
      InMemoryLog<MaskedExample>.TailConsumer consumer = logs.live.consumer();
      consumer.failures.add(refusal);
      assertThatThrownBy(() -> log(consumer, 30).read(0, 0, 0, 1)).isSameAs(refusal);
    }
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
