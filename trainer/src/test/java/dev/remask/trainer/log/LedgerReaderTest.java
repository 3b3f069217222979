package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.schemas.HeldOutEvaluation;
import dev.remask.schemas.TrainingStep;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class LedgerReaderTest {
  private static final HeldOutEvaluation HELD_OUT =
      new HeldOutEvaluation(3, 8L, 1.5, 0.25, 20L, 4L, 0.75, 0.25, 10L, 1.5, 0.75, 1.5, null, null);

  private static List<TrainingStep> read(long after, long... steps) {
    return read(after, step -> {}, steps);
  }

  private static List<TrainingStep> read(long after, Consumer<TrainingStep> looked, long... steps) {
    List<ConsumerRecord<byte[], TrainingStep>> records = new ArrayList<>();
    for (long step : steps) {
      byte[] key = ByteBuffer.allocate(Long.BYTES).putLong(step).array();
      TrainingStep kept =
          TrainingStep.newBuilder(KafkaLedgerTest.step(step))
              .setHeldOut(step % 2 == 0 ? HELD_OUT : null)
              .build();
      records.add(new ConsumerRecord<>("ledger", 0, 2 * step, key, kept));
    }
    return LedgerReader.after(after, records::forEach, looked);
  }

  /** Those before the checkpoint, too: they are what is known until the next look. */
  @Test
  void tellsOfEveryLookAtHeldOutText() {
    List<Long> looked = new ArrayList<>();
    assertThat(read(4, step -> looked.add(step.getStep()), 1, 2, 3, 4, 5, 6)).hasSize(2);
    assertThat(looked).containsExactly(2L, 4L, 6L);
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
    assertThatThrownBy(() -> LedgerReader.after(0, sink -> sink.accept(record), step -> {}))
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
