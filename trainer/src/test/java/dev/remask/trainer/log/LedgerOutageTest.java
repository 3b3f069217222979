package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.log.StrictProducer.Call;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionAbortableException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Broker and registry come and go; the ledger's lines are there once each, in order. */
@Timeout(20)
class LedgerOutageTest {
  private static final ConsumerGroupMetadata GROUP =
      new MockConsumer<byte[], byte[]>("earliest").groupMetadata();
  private static final TopicPartition LIVE = new TopicPartition("live", 0);
  private final RuntimeException timeOut = new TimeoutException("nobody there");
  private final RuntimeException noRegistry = new DisconnectException("cannot reach it");
  private final RuntimeException toAbort =
      new TransactionAbortableException("the broker asks to abort");
  private final RuntimeException expired =
      new KafkaException("in an error state", new TransactionAbortableException("", timeOut));

  private final StrictProducer producer = new StrictProducer();
  private final List<String> notices = Collections.synchronizedList(new ArrayList<>());

  private static boolean never() {
    return false;
  }

  private KafkaLedger ledger(StrictProducer producer, Duration max) {
    return ledger(producer, max, Duration.ofDays(2));
  }

  private KafkaLedger ledger(StrictProducer producer, Duration max, Duration transactionMax) {
    return new KafkaLedger(
        producer,
        "ledger",
        GROUP,
        () -> Map.of(LIVE, new OffsetAndMetadata(7)),
        step -> List.of(),
        transactionMax,
        PatienceTest.patience(max, notices, LedgerOutageTest::never));
  }

  private KafkaLedger ledger() {
    return ledger(producer, Duration.ofHours(1));
  }

  private static void append(KafkaLedger ledger, long first, long last) throws Exception {
    for (long step = first; step <= last; step++) {
      assertThat(ledger.append(KafkaLedgerTest.step(step), LedgerOutageTest::never)).isTrue();
    }
  }

  private static List<Long> written(StrictProducer producer) {
    return producer.history().stream().map(r -> r.value()).map(TrainingStep::getStep).toList();
  }

  /** Whatever fails in whatever order, as long as nobody refuses. */
  @Property(tries = 60)
  void eachStepIsThereOnceWhateverIsAway(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    StrictProducer producer = new StrictProducer();
    List<RuntimeException> anywhere = List.of(timeOut, noRegistry, toAbort, expired);
    Map<Call, List<RuntimeException>> possible =
        Map.of(
            Call.INIT, List.of(timeOut),
            Call.SEND, List.of(timeOut, noRegistry, expired),
            Call.OFFSETS, anywhere,
            Call.COMMIT, anywhere,
            Call.ABORT, List.of(timeOut));
    for (Call call : Call.values()) {
      List<RuntimeException> kinds = possible.getOrDefault(call, List.of());
      for (int i = random.nextInt(6); i > 0; i--) {
        producer.fail(call, kinds.get(random.nextInt(kinds.size())));
      }
    }
    KafkaLedger ledger = ledger(producer, Duration.ofDays(1));
    long last = 1L + random.nextInt(20);
    for (long step = 1; step <= last; step++) {
      append(ledger, step, step);
      if (random.nextInt(4) == 0) {
        assertThat(ledger.flush(LedgerOutageTest::never)).isTrue();
      }
    }
    assertThat(ledger.flush(LedgerOutageTest::never)).isTrue();
    ledger.requireSole(LedgerOutageTest::never);
    assertThat(written(producer)).isEqualTo(LongStream.rangeClosed(1, last).boxed().toList());
    ledger.close();
    assertThat(written(producer)).hasSize((int) last);
  }

  @Test
  void aCommitWithoutAnswerIsRepeatedAndNothingElse() throws Exception {
    producer.fail(Call.COMMIT, timeOut, timeOut, timeOut);
    KafkaLedger ledger = ledger();
    append(ledger, 1, 1);
    assertThat(ledger.flush(LedgerOutageTest::never)).isTrue();
    assertThat(written(producer)).containsExactly(1L);
    assertThat(producer.transactionAborted()).isFalse();
    assertThat(notices.get(0))
        .startsWith("writing the ledger: no answer for 0 s, giving up after 3600 s");
    assertThat(notices).last().isEqualTo("writing the ledger: it is back");
    ledger.close();
  }

  @Test
  void whatFailedIsAbortedAndWrittenAgain() throws Exception {
    producer.fail(Call.SEND, noRegistry).fail(Call.COMMIT, toAbort, expired);
    producer.fail(Call.OFFSETS, timeOut).fail(Call.ABORT, timeOut);
    KafkaLedger ledger = ledger();
    append(ledger, 1, 3);
    assertThat(ledger.flush(LedgerOutageTest::never)).isTrue();
    assertThat(written(producer)).containsExactly(1L, 2L, 3L);
    assertThat(producer.failedAsTold()).isTrue();
    assertThat(notices.get(0)).contains("cannot reach it");
    ledger.close();
  }

  @Test
  void anOutageThatLastsTooLongEndsWithOneLine() throws Exception {
    for (int i = 0; i < 100; i++) {
      producer.fail(Call.COMMIT, timeOut);
    }
    KafkaLedger ledger = ledger(producer, Duration.ofSeconds(30));
    append(ledger, 1, 1);
    assertThatThrownBy(() -> ledger.flush(LedgerOutageTest::never))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "cannot write ledger: writing the ledger has failed for more than 30 s: nobody there");
    ledger.close();
    assertThat(written(producer)).isEmpty();
  }

  /** Also in the middle of an outage, and also when it comes as the cause of something. */
  @Test
  void aRealFencingIsStillReportedAsSuch() throws Exception {
    for (RuntimeException fenced :
        List.of(
            new ProducerFencedException("fenced"),
            new InvalidProducerEpochException("old epoch"),
            new KafkaException("fatal", new ProducerFencedException("fenced")))) {
      for (Call call : List.of(Call.SEND, Call.OFFSETS, Call.COMMIT, Call.ABORT)) {
        StrictProducer producer = new StrictProducer().fail(Call.OFFSETS, timeOut);
        producer.fail(call, fenced);
        KafkaLedger ledger = ledger(producer, Duration.ofHours(1));
        append(ledger, 1, 1);
        assertThatThrownBy(() -> ledger.flush(LedgerOutageTest::never))
            .as(call + " " + fenced)
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("another trainer of this run has taken over: only one may write ledger");
        int calls = producer.calls();
        assertThatThrownBy(() -> append(ledger, 2, 2)).hasMessageContaining("taken over");
        assertThatThrownBy(() -> ledger.requireSole(LedgerOutageTest::never))
            .hasMessageContaining("taken over");
        assertThat(producer.calls()).as("nothing more is tried").isEqualTo(calls);
        ledger.close();
        assertThat(written(producer)).isEmpty();
      }
    }
  }

  /** A suspended process, seen by the broker: it has aborted what was open, and says so. */
  @Test
  void aTransactionThatTheBrokerHasEndedIsNoTakeOver() throws Exception {
    String ended =
        "the broker has ended a transaction on ledger that was open for longer than 30 s (kafka.transaction.timeout.ms), as when this process stood still; start it again, and it goes on";
    Duration transactionMax = Duration.ofSeconds(30);
    for (RuntimeException said :
        List.of(
            new InvalidTxnStateException("no such transaction"),
            new KafkaException("fatal", new InvalidTxnStateException("no such transaction")))) {
      StrictProducer producer = new StrictProducer().fail(Call.COMMIT, said);
      KafkaLedger ledger = ledger(producer, Duration.ofHours(1), transactionMax);
      append(ledger, 1, 1);
      assertThatThrownBy(() -> ledger.flush(LedgerOutageTest::never)).hasMessage(ended);
      assertThatThrownBy(() -> ledger.requireSole(LedgerOutageTest::never)).hasMessage(ended);
      ledger.close();
      assertThat(written(producer)).isEmpty();
    }
    // Fenced after so long a time: nobody can tell by whom.
    StrictProducer producer = new StrictProducer();
    for (int i = 0; i < 20; i++) { // A second each, at least.
      producer.fail(Call.COMMIT, timeOut);
    }
    producer.fail(Call.COMMIT, new ProducerFencedException("fenced"));
    KafkaLedger ledger = ledger(producer, Duration.ofHours(1), transactionMax);
    append(ledger, 1, 1);
    assertThatThrownBy(() -> ledger.flush(LedgerOutageTest::never))
        .hasMessage("another trainer of this run has taken over, or " + ended);
    ledger.close();
  }

  @Test
  void aRefusalEndsAtOnce() throws Exception {
    for (RuntimeException refusal :
        List.of(
            new AuthenticationException("wrong password"),
            new TopicAuthorizationException("ledger"),
            new TransactionalIdAuthorizationException("not this one"),
            new SerializationException("no such schema"))) {
      for (Call call : List.of(Call.SEND, Call.OFFSETS, Call.COMMIT)) {
        StrictProducer producer = new StrictProducer().fail(call, refusal);
        KafkaLedger ledger = ledger(producer, Duration.ofHours(1));
        append(ledger, 1, 1);
        assertThatThrownBy(() -> ledger.flush(LedgerOutageTest::never))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining(refusal.getMessage());
        ledger.close();
      }
    }
    assertThat(notices).isEmpty();
    assertThatThrownBy(
            () ->
                ledger(
                    new StrictProducer().fail(Call.INIT, new AuthenticationException("wrong")),
                    Duration.ofHours(1)))
        .isInstanceOf(AuthenticationException.class);
  }

  /** Someone who has written nothing for a while does not know of it otherwise. */
  @Test
  void anIdleTrainerFindsOutThatItWasReplaced() throws Exception {
    KafkaLedger ledger = ledger();
    append(ledger, 1, 1);
    assertThat(ledger.flush(LedgerOutageTest::never)).isTrue();
    ledger.requireSole(LedgerOutageTest::never);
    producer.fail(Call.OFFSETS, new ProducerFencedException("fenced"));
    assertThatThrownBy(() -> ledger.requireSole(LedgerOutageTest::never))
        .hasMessageContaining("taken over");
    ledger.close();
  }

  @Test
  @Timeout(8)
  void aStopDoesNotWaitForABrokerThatIsAway() throws Exception {
    producer.away = true;
    KafkaLedger ledger = ledger();
    append(ledger, 1, 1);
    assertThat(ledger.flush(() -> true)).isFalse();
    assertThat(ledger.flush(LedgerOutageTest::never)).as("for good").isFalse();
    assertThat(ledger.append(KafkaLedgerTest.step(2), LedgerOutageTest::never)).isFalse();
    long begun = System.nanoTime();
    ledger.close();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2));
    assertThat(written(producer)).isEmpty();
  }

  @Test
  @Timeout(15)
  void aFullQueueIsGivenUpToo() throws Exception {
    producer.away = true;
    KafkaLedger ledger = ledger();
    long step = 1;
    while (ledger.append(KafkaLedgerTest.step(step), () -> true)) {
      step++;
      assertThat(step).isLessThan(5_000);
    }
    assertThat(step).isGreaterThan(1_000);
    assertThat(ledger.flush(LedgerOutageTest::never)).isFalse();
    ledger.close();
  }

  /** A broker ends a transaction that is open for too long as if another trainer had come. */
  @Test
  void anOutageThatIsBorneDoesNotOutlastTheTransaction() {
    Map<String, Object> config =
        RunClients.ledgerConfig(
            Map.of("bootstrap.servers", "localhost:1", "schema.registry.url", "mock://x"), "id");
    assertThat(config)
        .containsEntry(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 900_000)
        .containsEntry(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 900_000)
        .containsEntry(ProducerConfig.MAX_BLOCK_MS_CONFIG, 5_000);
    assertThat(
            RunClients.ledgerConfig(
                Map.of("bootstrap.servers", "localhost:1", "transaction.timeout.ms", "60000"),
                "id"))
        .as("where the broker allows less")
        .containsEntry(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, "60000");
  }
}
