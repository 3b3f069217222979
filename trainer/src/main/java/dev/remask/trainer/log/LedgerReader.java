package dev.remask.trainer.log;

import dev.remask.schemas.LogReader;
import dev.remask.schemas.Topics;
import dev.remask.schemas.TrainingStep;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;

/** Reads a run's ledger. */
public final class LedgerReader {
  private LedgerReader() {}

  /**
   * The committed steps after {@code step}, in order. IllegalStateException if one is missing or
   * there twice, or if the ledger ends before {@code step}.
   *
   * @param config what every client gets
   */
  public static List<TrainingStep> after(
      Map<String, ?> config, Topics topics, String run, long step) {
    return after(step, sink -> LogReader.readAll(config, topics.ledger(run), sink));
  }

  /**
   * Passes on the committed steps from the first one up to the present end, in order;
   * IllegalStateException if one is missing or there twice.
   */
  public static void forEach(
      Map<String, ?> config, Topics topics, String run, Consumer<TrainingStep> sink) {
    long unused = forEach(log -> LogReader.readAll(config, topics.ledger(run), log), sink);
  }

  /** The last committed step, found at the log's end; 0 if there is none. */
  public static long last(Map<String, ?> config, Topics topics, String run) {
    return last(config, topics, run, IsolationLevel.READ_COMMITTED);
  }

  /** The same of any step, be it committed, aborted or undecided. */
  static long lastWritten(Map<String, ?> config, Topics topics, String run) {
    return last(config, topics, run, IsolationLevel.READ_UNCOMMITTED);
  }

  private static long last(
      Map<String, ?> config, Topics topics, String run, IsolationLevel isolation) {
    return LogReader.lastKey(config, topics.ledger(run), isolation)
        .map(key -> ByteBuffer.wrap(key).getLong())
        .orElse(0L);
  }

  /**
   * @param log passes every record to what it is given
   */
  static List<TrainingStep> after(
      long step, Consumer<Consumer<ConsumerRecord<byte[], TrainingStep>>> log) {
    List<TrainingStep> steps = new ArrayList<>();
    long last =
        forEach(
            log,
            found -> {
              if (found.getStep() > step) {
                steps.add(found);
              }
            });
    if (last < step) {
      throw new IllegalStateException(
          "the ledger ends at step %d, the checkpoint is at step %d".formatted(last, step));
    }
    return steps;
  }

  /**
   * @return the last step
   */
  private static long forEach(
      Consumer<Consumer<ConsumerRecord<byte[], TrainingStep>>> log, Consumer<TrainingStep> sink) {
    long[] last = {0};
    log.accept(
        record -> {
          requireNext(record, last[0]);
          last[0]++;
          sink.accept(record.value());
        });
    return last[0];
  }

  static void requireNext(ConsumerRecord<byte[], TrainingStep> record, long last) {
    long step = record.value() == null ? -1 : record.value().getStep();
    byte[] key = ByteBuffer.allocate(Long.BYTES).putLong(last + 1).array();
    if (step != last + 1 || !Arrays.equals(key, record.key())) {
      throw new IllegalStateException(
          "%s holds step %d with key %s at offset %d, after step %d"
              .formatted(
                  record.topic(), step, Arrays.toString(record.key()), record.offset(), last));
    }
  }
}
