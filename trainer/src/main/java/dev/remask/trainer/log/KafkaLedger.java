package dev.remask.trainer.log;

import dev.remask.schemas.Outage;
import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.Ledger;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TransactionAbortableException;
import org.jspecify.annotations.Nullable;

/**
 * The ledger's topic. Steps are committed in groups by a thread of its own, each group in one
 * transaction with the offsets that lag tools see. Opening it ends the writing of any other trainer
 * of the run. Called by one thread.
 *
 * <p>Bears with an outage. A commit whose answer does not come is repeated, as nobody knows whether
 * it happened. A group that failed before is aborted, and when the broker has confirmed that, which
 * it does not for what is committed, it is written again. So each step is there once.
 */
final class KafkaLedger implements Ledger {
  private static final int QUEUE = 1024;
  private static final long CHECK_MS = 50;
  private static final long CLOSE_MS_MAX = 4_000;
  private static final Duration CLOSE = Duration.ofSeconds(1);

  private final Producer<byte[], TrainingStep> producer;
  private final String topic;
  private final ConsumerGroupMetadata group;
  private final Supplier<Map<TopicPartition, OffsetAndMetadata>> offsets;
  private final LongFunction<List<TrainingStep>> reader;
  private final Duration transactionMax;
  private final LongSupplier nanoTime;
  private final Absence absence;
  private final BlockingQueue<TrainingStep> queue = new ArrayBlockingQueue<>(QUEUE);
  private final Thread writer = new Thread(this::write, "remask-ledger");
  private long appended;
  private boolean gaveUp; // then nothing is waited for any more
  private long committed; // guarded by this
  private volatile long asked; // how often it was, whether this one may still write
  private long answered; // guarded by this
  private volatile @Nullable Throwable failure;
  private long begunNs; // the transaction; the writer's
  private volatile boolean outlasted; // whether that which failed had been open for too long
  private volatile boolean closing;
  private volatile boolean abandoned;

  /**
   * @param producer transactional; closed with the ledger
   * @param group consumer group that the offsets are committed for
   * @param offsets next offset of each partition, as of now; asked by the ledger's thread
   * @param reader step to the steps after it
   * @param transactionMax after which the broker ends a transaction that is still open
   */
  KafkaLedger(
      Producer<byte[], TrainingStep> producer,
      String topic,
      ConsumerGroupMetadata group,
      Supplier<Map<TopicPartition, OffsetAndMetadata>> offsets,
      LongFunction<List<TrainingStep>> reader,
      Duration transactionMax,
      Patience patience) {
    this.producer = producer;
    this.topic = topic;
    this.group = group;
    this.offsets = offsets;
    this.reader = reader;
    this.transactionMax = transactionMax;
    this.nanoTime = patience.nanoTime();
    this.absence = patience.absence("writing the ledger");
    try {
      patience.tell("opening the ledger", producer::initTransactions);
    } catch (RuntimeException e) {
      producer.close(Duration.ZERO);
      throw e;
    }
    writer.setDaemon(true);
    writer.start();
  }

  @Override
  public List<TrainingStep> after(long step) {
    return reader.apply(step);
  }

  @Override
  public boolean append(TrainingStep step, BooleanSupplier givesUp) throws InterruptedException {
    appended++;
    do {
      requireSound();
      gaveUp |= givesUp.getAsBoolean() && queue.remainingCapacity() == 0;
    } while (!gaveUp && !queue.offer(step, CHECK_MS, TimeUnit.MILLISECONDS));
    return !gaveUp;
  }

  @Override
  public synchronized boolean flush(BooleanSupplier givesUp) throws InterruptedException {
    requireSound();
    while (committed < appended && !gaveUp) {
      wait(CHECK_MS);
      requireSound();
      gaveUp = committed < appended && givesUp.getAsBoolean();
    }
    return !gaveUp;
  }

  @Override
  public synchronized void requireSole(BooleanSupplier givesUp) throws InterruptedException {
    long mine = asked + 1;
    asked = mine;
    while (answered < mine && !gaveUp) {
      wait(CHECK_MS);
      requireSound();
      gaveUp = answered < mine && givesUp.getAsBoolean();
    }
    requireSound();
  }

  /**
   * Writes what was appended, if nothing has failed before, for a few seconds at most. What is left
   * then is left open at the broker; the next trainer's opening aborts it.
   */
  @Override
  public void close() {
    closing = true;
    try {
      writer.join(gaveUp ? 1 : CLOSE_MS_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    abandoned = true;
    producer.close(CLOSE);
  }

  private void requireSound() {
    Throwable cause = failure;
    if (cause != null) {
      throw new IllegalStateException(line(cause), cause);
    }
  }

  /**
   * A producer whose transaction the broker has ended, as it was open for too long, is told so, or
   * the same as one that another trainer has fenced: then only the time tells.
   */
  private String line(Throwable cause) {
    String ended =
        "the broker has ended a transaction on %s that was open for longer than %d s (kafka.transaction.timeout.ms), as when this process stood still; start it again, and it goes on"
            .formatted(topic, transactionMax.toSeconds());
    if (has(cause, InvalidTxnStateException.class)) {
      return ended;
    }
    if (isFenced(cause)) {
      String taken = "another trainer of this run has taken over";
      return outlasted ? taken + ", or " + ended : taken + ": only one may write " + topic;
    }
    return "cannot write "
        + topic
        + ": "
        + (cause instanceof TimeoutException ? cause.getMessage() : cause);
  }

  private void write() {
    try {
      List<TrainingStep> steps = new ArrayList<>();
      long seen = 0;
      while (!closing || !queue.isEmpty()) {
        TrainingStep first = queue.poll(CHECK_MS, TimeUnit.MILLISECONDS);
        if (first != null) {
          steps.add(first);
          queue.drainTo(steps);
        }
        long asks = asked;
        if (first != null || asks > seen) {
          commit(steps);
          committed(steps.size(), asks);
          steps.clear();
          seen = asks;
        }
      }
    } catch (InterruptedException e) {
      failure = new IllegalStateException("interrupted while writing " + topic, e);
    } catch (Throwable e) { // whatever ends this thread, nobody may wait for it
      outlasted = nanoTime.getAsLong() - begunNs > transactionMax.toNanos();
      failure = e;
    }
  }

  private synchronized void committed(int steps, long asks) {
    committed += steps;
    answered = asks;
    notifyAll();
  }

  /** Returns when the steps are durable. */
  private void commit(List<TrainingStep> steps) {
    while (true) {
      begunNs = nanoTime.getAsLong();
      producer.beginTransaction();
      Unsent unsent = new Unsent();
      try {
        send(steps, unsent);
        complete(producer::commitTransaction);
        absence.over();
        return;
      } catch (KafkaException e) {
        bear(bearable(unsent.orElse(e)));
      }
      complete(producer::abortTransaction);
    }
  }

  private void send(List<TrainingStep> steps, Unsent unsent) {
    for (TrainingStep step : steps) {
      byte[] key = ByteBuffer.allocate(Long.BYTES).putLong(step.getStep()).array();
      Future<RecordMetadata> unused =
          producer.send(new ProducerRecord<>(topic, 0, key, step), unsent);
    }
    Map<TopicPartition, OffsetAndMetadata> next = offsets.get();
    if (!next.isEmpty()) {
      producer.sendOffsetsToTransaction(next, group);
    }
  }

  /** A commit or an abort may be repeated after a time-out, and nothing else may be done then. */
  private void complete(Runnable completion) {
    while (true) {
      try {
        completion.run();
        return;
      } catch (TimeoutException e) {
        bear(e);
      }
    }
  }

  private void bear(RuntimeException failure) {
    absence.bear(failure, () -> abandoned);
    if (abandoned) {
      throw failure;
    }
  }

  /** What a broker asks to abort and to do again is no refusal. */
  private static RuntimeException bearable(RuntimeException failure) {
    return has(failure, TransactionAbortableException.class) && !Outage.is(failure)
        ? new DisconnectException(failure.getMessage(), failure)
        : failure;
  }

  private static boolean isFenced(Throwable failure) {
    return has(failure, ProducerFencedException.class)
        || has(failure, InvalidProducerEpochException.class);
  }

  private static boolean has(Throwable failure, Class<? extends Throwable> type) {
    for (Throwable e = failure; e != null; e = e.getCause()) {
      if (type.isInstance(e)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Why the first record of a group could not be sent. The producer's calls that follow only say
   * that something has failed before.
   */
  private static final class Unsent implements Callback {
    private final AtomicReference<@Nullable Exception> first = new AtomicReference<>();

    @Override
    public void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception exception) {
      first.compareAndSet(null, exception);
    }

    RuntimeException orElse(RuntimeException failure) {
      return first.get() instanceof RuntimeException reason ? reason : failure;
    }
  }
}
