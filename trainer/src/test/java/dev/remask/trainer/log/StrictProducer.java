package dev.remask.trainer.log;

import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.TrainingStep;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TransactionAbortableException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * A producer that fails as it is told to, and then allows only what Kafka's allows: after a commit
 * or an abort that timed out nothing but the same again, after a failed send nothing but an abort.
 */
final class StrictProducer extends MockProducer<byte[], TrainingStep> {
  enum Call {
    INIT,
    SEND,
    OFFSETS,
    COMMIT,
    ABORT
  }

  private final Map<Call, Deque<RuntimeException>> failures = new EnumMap<>(Call.class);
  private final CountDownLatch closing = new CountDownLatch(1);
  private @Nullable Call pending;
  private @Nullable RuntimeException error;
  private int calls;

  /** Whether a commit finds nobody until the producer is closed. */
  volatile boolean away;

  StrictProducer() {
    super(
        true,
        null,
        new ByteArraySerializer(),
        AvroSerdes.of(TrainingStep.class, Map.of("schema.registry.url", "mock://ledger"))
            .serializer());
  }

  /** The next time, in the order in which they are given. */
  StrictProducer fail(Call call, RuntimeException... with) {
    for (RuntimeException failure : with) {
      failures.computeIfAbsent(call, c -> new ArrayDeque<>()).add(failure);
    }
    return this;
  }

  int calls() {
    return calls;
  }

  boolean failedAsTold() {
    return failures.values().stream().allMatch(Deque::isEmpty);
  }

  @Override
  public void initTransactions() {
    complete(Call.INIT, super::initTransactions);
  }

  @Override
  public void beginTransaction() {
    require(null);
    super.beginTransaction();
  }

  @Override
  public synchronized Future<RecordMetadata> send(
      ProducerRecord<byte[], TrainingStep> record, Callback callback) {
    require(null);
    RuntimeException failure = next(Call.SEND);
    if (failure instanceof ApiException) {
      error =
          failure instanceof RetriableException
              ? new TransactionAbortableException("aborted after exhausting retries", failure)
              : failure;
      callback.onCompletion(null, failure);
      return java.util.concurrent.CompletableFuture.failedFuture(failure);
    }
    if (failure != null) {
      throw failure;
    }
    return super.send(record, callback);
  }

  @Override
  public void sendOffsetsToTransaction(
      Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata group) {
    require(null);
    RuntimeException failure = next(Call.OFFSETS);
    if (failure != null) {
      error = failure instanceof TimeoutException ? null : failure;
      throw failure;
    }
    super.sendOffsetsToTransaction(offsets, group);
  }

  @Override
  public void commitTransaction() {
    if (away) {
      pending = Call.COMMIT;
      awaitClose();
      throw new KafkaException("The producer closed forcefully");
    }
    complete(Call.COMMIT, super::commitTransaction);
  }

  @Override
  public void abortTransaction() {
    error = null;
    complete(Call.ABORT, super::abortTransaction);
  }

  @Override
  public void close(Duration timeout) {
    closing.countDown();
    super.close(timeout);
  }

  private void complete(Call call, Runnable completion) {
    require(call);
    RuntimeException failure = next(call);
    pending = failure instanceof TimeoutException ? call : null;
    if (failure != null) {
      error = pending == null ? failure : null;
      throw failure;
    }
    completion.run();
  }

  private void require(@Nullable Call call) {
    calls++;
    if (pending != null && pending != call) {
      throw new AssertionError(call + " where only " + pending + " may be repeated");
    }
    if (error != null) {
      throw new KafkaException("Cannot execute transactional method: in an error state", error);
    }
  }

  private @Nullable RuntimeException next(Call call) {
    Deque<RuntimeException> left = failures.get(call);
    return left == null ? null : left.poll();
  }

  private void awaitClose() {
    try {
      closing.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
