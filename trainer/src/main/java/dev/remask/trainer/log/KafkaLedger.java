package dev.remask.trainer.log;

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
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The ledger's topic. Steps are committed in groups by a thread of its own, each group in one
 * transaction with the offsets that lag tools see. Opening it ends the writing of any other trainer
 * of the run. Called by one thread.
 */
final class KafkaLedger implements Ledger {
  private static final int QUEUE = 1024;
  private static final long CHECK_MS = 50;
  private static final Duration CLOSE = Duration.ofSeconds(10);

  private final Producer<byte[], TrainingStep> producer;
  private final String topic;
  private final ConsumerGroupMetadata group;
  private final Supplier<Map<TopicPartition, OffsetAndMetadata>> offsets;
  private final LongFunction<List<TrainingStep>> reader;
  private final BlockingQueue<TrainingStep> queue = new ArrayBlockingQueue<>(QUEUE);
  private final Thread writer = new Thread(this::write, "remask-ledger");
  private long appended;
  private long committed; // guarded by this
  private volatile @Nullable Throwable failure;
  private volatile boolean closing;

  /**
   * @param producer transactional; closed with the ledger
   * @param group consumer group that the offsets are committed for
   * @param offsets next offset of each partition, as of now; asked by the ledger's thread
   * @param reader step to the steps after it
   */
  KafkaLedger(
      Producer<byte[], TrainingStep> producer,
      String topic,
      ConsumerGroupMetadata group,
      Supplier<Map<TopicPartition, OffsetAndMetadata>> offsets,
      LongFunction<List<TrainingStep>> reader) {
    this.producer = producer;
    this.topic = topic;
    this.group = group;
    this.offsets = offsets;
    this.reader = reader;
    producer.initTransactions();
    writer.setDaemon(true);
    writer.start();
  }

  @Override
  public List<TrainingStep> after(long step) {
    return reader.apply(step);
  }

  @Override
  public void append(TrainingStep step) throws InterruptedException {
    do {
      requireSound();
    } while (!queue.offer(step, CHECK_MS, TimeUnit.MILLISECONDS));
    appended++;
  }

  @Override
  public synchronized void flush() throws InterruptedException {
    while (committed < appended) {
      requireSound();
      wait(CHECK_MS);
    }
  }

  /** Writes what was appended, if nothing has failed before. */
  @Override
  public void close() {
    closing = true;
    try {
      writer.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    producer.close(CLOSE);
  }

  private void requireSound() {
    Throwable cause = failure;
    if (cause != null) {
      throw new IllegalStateException(
          cause instanceof ProducerFencedException || cause instanceof InvalidProducerEpochException
              ? "another trainer of this run has taken over: only one may write " + topic
              : "cannot write " + topic + ": " + cause,
          cause);
    }
  }

  private void write() {
    try {
      List<TrainingStep> steps = new ArrayList<>();
      while (!closing || !queue.isEmpty()) {
        TrainingStep first = queue.poll(CHECK_MS, TimeUnit.MILLISECONDS);
        if (first != null) {
          steps.add(first);
          queue.drainTo(steps);
          commit(steps);
          committed(steps.size());
          steps.clear();
        }
      }
    } catch (InterruptedException e) {
      failure = new IllegalStateException("interrupted while writing " + topic, e);
    } catch (Throwable e) { // whatever ends this thread, nobody may wait for it
      failure = e;
    }
  }

  private synchronized void committed(int steps) {
    committed += steps;
    notifyAll();
  }

  private void commit(List<TrainingStep> steps) {
    Map<TopicPartition, OffsetAndMetadata> next = offsets.get();
    producer.beginTransaction();
    for (TrainingStep step : steps) {
      byte[] key = ByteBuffer.allocate(Long.BYTES).putLong(step.getStep()).array();
      // A failure ends the commit below.
      Future<RecordMetadata> unused = producer.send(new ProducerRecord<>(topic, 0, key, step));
    }
    if (!next.isEmpty()) {
      producer.sendOffsetsToTransaction(next, group);
    }
    try {
      producer.commitTransaction();
    } catch (TimeoutException e) {
      producer.commitTransaction(); // may be repeated after a time-out, and only then
    }
  }
}
