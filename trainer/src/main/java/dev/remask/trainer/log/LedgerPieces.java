package dev.remask.trainer.log;

import dev.remask.schemas.TrainingStep;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A ledger read from its first step on, a piece at a time, so that a redo of a long one needs no
 * memory for all of it. Not thread-safe.
 */
final class LedgerPieces {
  /** Records of a piece at most, transaction markers included. */
  static final int OFFSETS_MAX = 10_000;

  /** Steps of a piece at least, if there are so many. */
  static final int STEPS_MIN = 1_000;

  /** The ledger's topic. */
  interface Log {
    /**
     * Passes on the committed records between two offsets.
     *
     * @param positions where to begin, {@code [1]}; moved after each record, in the end to the end
     *     of what there is before {@code end}
     */
    void read(long[] positions, long end, Consumer<ConsumerRecord<byte[], TrainingStep>> sink);
  }

  private final Log log;
  private final Consumer<TrainingStep> looked;
  private final long[] positions = new long[1];
  private List<TrainingStep> read = new ArrayList<>();
  private long last;

  /**
   * @param looked hears of each step with a look at held-out text when it is read
   */
  LedgerPieces(Log log, Consumer<TrainingStep> looked) {
    this.log = log;
    this.looked = looked;
  }

  /**
   * Some of the steps after {@code step}, in order: all, or a thousand and more. Each call asks for
   * what follows the call before it, or less; after whatever the log throws, the next goes on.
   * IllegalStateException if a step is missing or there twice, or if the ledger ends before {@code
   * step}.
   */
  List<TrainingStep> after(long step) {
    boolean more = true;
    while (read.size() < STEPS_MIN && more) {
      long from = positions[0];
      log.read(
          positions,
          from + OFFSETS_MAX,
          record -> {
            LedgerReader.requireNext(record, last);
            last++;
            accept(record.value(), step);
          });
      more = positions[0] > from;
    }
    if (last < step) {
      throw new IllegalStateException(
          "the ledger ends at step %d, the checkpoint is at step %d".formatted(last, step));
    }
    List<TrainingStep> piece = read;
    read = new ArrayList<>();
    return piece;
  }

  private void accept(TrainingStep found, long after) {
    if (found.getHeldOut() != null) {
      looked.accept(found);
    }
    if (found.getStep() > after) {
      read.add(found);
    }
  }
}
