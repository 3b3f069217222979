package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.schemas.HeldOutEvaluation;
import dev.remask.schemas.TrainingStep;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

class LedgerReaderTest {
  private static final HeldOutEvaluation HELD_OUT =
      new HeldOutEvaluation(3, 8L, 1.5, 0.25, 20L, 4L, 0.75, 0.25, 10L, 1.5, 0.75, 1.5, null, null);

  private static List<TrainingStep> read(long after, long... steps) {
    return LedgerReader.after(after, records(steps)::forEach);
  }

  private static List<ConsumerRecord<byte[], TrainingStep>> records(long... steps) {
    List<ConsumerRecord<byte[], TrainingStep>> records = new ArrayList<>();
    for (long step : steps) {
      byte[] key = ByteBuffer.allocate(Long.BYTES).putLong(step).array();
      TrainingStep kept =
          TrainingStep.newBuilder(KafkaLedgerTest.step(step))
              .setHeldOut(step % 2 == 0 ? HELD_OUT : null)
              .build();
      records.add(new ConsumerRecord<>("ledger", 0, 2 * step, key, kept));
    }
    return records;
  }

  /** As the topic is: every other offset is a marker; fails now and then, as a broker does. */
  private static LedgerPieces pieces(long steps, List<Long> looked, Random random) {
    var all = records(LongStream.rangeClosed(1, steps).toArray());
    return new LedgerPieces(
        (positions, end, sink) -> {
          for (var record : all) {
            if (record.offset() >= positions[0] && record.offset() < end) {
              if (random.nextInt(2_000) == 0) {
                throw new TimeoutException("nobody there");
              }
              sink.accept(record);
              positions[0] = record.offset() + 1;
            }
          }
          positions[0] = Math.max(positions[0], Math.min(end, 2 * steps + 2));
        },
        step -> looked.add(step.getStep()));
  }

  private static List<TrainingStep> patiently(LedgerPieces pieces, long after) {
    while (true) {
      try {
        return pieces.after(after);
      } catch (TimeoutException e) {
        // Again.
      }
    }
  }

  /**
   * However long it is, and wherever it begins: no step twice or left out, a bounded many at once.
   */
  @Property(tries = 40)
  void aLongLedgerComesInPieces(
      @ForAll @IntRange(max = 30_000) int steps,
      @ForAll @IntRange(max = 30_000) int anyStart,
      @ForAll long seed) {
    int start = steps == 0 ? 0 : anyStart % steps;
    List<Long> looked = new ArrayList<>();
    LedgerPieces pieces = pieces(steps, looked, new Random(seed));
    long last = start;
    while (true) {
      List<TrainingStep> piece = patiently(pieces, last);
      if (piece.isEmpty()) {
        break;
      }
      assertThat(piece.size()).isLessThan(LedgerPieces.STEPS_MIN + LedgerPieces.OFFSETS_MAX);
      assertThat(piece.size())
          .isGreaterThanOrEqualTo(Math.min(LedgerPieces.STEPS_MIN, steps - (int) last));
      for (TrainingStep step : piece) {
        assertThat(step.getStep()).isEqualTo(++last);
      }
    }
    assertThat(last).isEqualTo(steps);
    assertThat(looked)
        .isEqualTo(LongStream.rangeClosed(1, steps / 2).map(i -> 2 * i).boxed().toList());
    assertThatThrownBy(() -> pieces.after(steps + 1L))
        .hasMessage(
            "the ledger ends at step %d, the checkpoint is at step %d".formatted(steps, steps + 1));
  }

  @Test
  void givesTheStepsAfter() {
    assertThat(read(2, 1, 2, 3, 4)).extracting(TrainingStep::getStep).containsExactly(3L, 4L);
    assertThat(read(0)).isEmpty();
    assertThat(read(2, 1, 2)).isEmpty();
  }

  @Test
  void aMissingOrRepeatedStepStops() {
    assertThatThrownBy(() -> read(0, 1, 3))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("holds step 3")
        .hasMessageContaining("after step 1");
    assertThatThrownBy(() -> read(0, 1, 1)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aKeyOfAnotherStepStops() {
    byte[] key = ByteBuffer.allocate(Long.BYTES).putLong(2).array();
    var record = new ConsumerRecord<>("ledger", 0, 0, key, KafkaLedgerTest.step(1));
    assertThatThrownBy(() -> LedgerReader.after(0, sink -> sink.accept(record)))
        .isInstanceOf(IllegalStateException.class);
  }

  /** Somebody deleted the ledger, or the checkpoint is of another broker. */
  @Test
  void aLedgerBehindTheCheckpointStops() {
    assertThatThrownBy(() -> read(3, 1, 2))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the ledger ends at step 2, the checkpoint is at step 3");
  }
}
