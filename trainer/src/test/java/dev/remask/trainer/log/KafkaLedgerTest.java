package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.TrainingStep;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class KafkaLedgerTest {
  private static final ConsumerGroupMetadata GROUP =
      new MockConsumer<byte[], byte[]>("earliest").groupMetadata();
  private static final TopicPartition LIVE = new TopicPartition("live", 0);
  private final MockProducer<byte[], TrainingStep> producer =
      new MockProducer<>(
          true,
          null,
          new ByteArraySerializer(),
          AvroSerdes.of(TrainingStep.class, Map.of("schema.registry.url", "mock://ledger"))
              .serializer());

  private KafkaLedger ledger(Supplier<Map<TopicPartition, OffsetAndMetadata>> offsets) {
    return new KafkaLedger(
        producer,
        "ledger",
        GROUP,
        offsets,
        step -> List.of(),
        Duration.ofMinutes(15),
        RunLogs.PATIENCE);
  }

  private static boolean never() {
    return false;
  }

  static TrainingStep step(long step) {
    return TrainingStep.newBuilder()
        .setStep(step)
        .setEpoch(1)
        .setOrderStart(0)
        .setOrderEnd(1)
        .setExamples(1)
        .setExamplesSha256("00".repeat(32))
        .setMaskedTokens(1)
        .setRealTokens(1)
        .setLearningRate(1)
        .setLoss(1)
        .setGradientNorm(1)
        .setFingerprint("f")
        .setEndedAt(Instant.EPOCH)
        .build();
  }

  /** While one transaction is under way the next steps gather, and share the next one. */
  @Test
  void stepsShareTransactions() throws Exception {
    CountDownLatch appended = new CountDownLatch(1);
    KafkaLedger ledger =
        ledger(
            () -> {
              await(appended);
              return Map.of(LIVE, new OffsetAndMetadata(7));
            });
    for (long step = 1; step <= 50; step++) {
      ledger.append(step(step), KafkaLedgerTest::never);
    }
    appended.countDown();
    assertThat(ledger.flush(KafkaLedgerTest::never)).isTrue();
    assertThat(producer.history()).extracting(r -> r.value().getStep()).hasSize(50).isSorted();
    assertThat(producer.history().get(49).key()).containsExactly(0, 0, 0, 0, 0, 0, 0, 50);
    assertThat(producer.commitCount()).isBetween(1L, 2L);
    assertThat(producer.consumerGroupOffsetsHistory().get(0).get(GROUP.groupId()))
        .containsEntry(LIVE, new OffsetAndMetadata(7));
    ledger.close();
  }

  @Test
  void closingWritesWhatWaits() throws Exception {
    KafkaLedger ledger = ledger(Map::of);
    ledger.append(step(1), KafkaLedgerTest::never);
    ledger.close();
    assertThat(producer.history()).hasSize(1);
    assertThat(producer.closed()).isTrue();
  }

  @Test
  void aSecondTrainerEndsTheFirst() throws Exception {
    KafkaLedger ledger = ledger(Map::of);
    ledger.append(step(1), KafkaLedgerTest::never);
    assertThat(ledger.flush(KafkaLedgerTest::never)).isTrue();
    producer.fenceProducer();
    ledger.append(step(2), KafkaLedgerTest::never);
    assertThatThrownBy(() -> ledger.flush(KafkaLedgerTest::never))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("another trainer of this run has taken over: only one may write ledger");
    assertThatThrownBy(() -> ledger.append(step(3), KafkaLedgerTest::never))
        .hasMessageContaining("taken over");
    ledger.close();
  }

  @Test
  void aFailureIsNotSwallowed() throws Exception {
    KafkaLedger ledger = ledger(Map::of);
    producer.commitTransactionException = new org.apache.kafka.common.KafkaException("disk full");
    ledger.append(step(1), KafkaLedgerTest::never);
    assertThatThrownBy(() -> ledger.flush(KafkaLedgerTest::never))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("disk full");
    ledger.close();
  }

  /** Whatever ends the writing thread: who waits for it hears of it. */
  @Test
  void anErrorIsNotSwallowed() throws Exception {
    KafkaLedger ledger =
        ledger(
            () -> {
              throw new NoClassDefFoundError("lost");
            });
    ledger.append(step(1), KafkaLedgerTest::never);
    assertThatThrownBy(() -> ledger.flush(KafkaLedgerTest::never))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("cannot write ledger: java.lang.NoClassDefFoundError: lost")
        .hasCauseInstanceOf(NoClassDefFoundError.class);
    assertThatThrownBy(() -> ledger.append(step(2), KafkaLedgerTest::never))
        .hasMessageContaining("lost");
    ledger.close();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
