package dev.remask.trainer.log;

import dev.remask.schemas.LogReader;
import dev.remask.schemas.Topics;
import dev.remask.schemas.TrainingStep;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads a run's ledger. */
public final class LedgerReader {
  private LedgerReader() {}

  /**
   * The committed steps after {@code step}, in order. IllegalStateException if one is missing or
   * there twice.
   *
   * @param config what every client gets
   */
  public static List<TrainingStep> after(
      Map<String, ?> config, Topics topics, String run, long step) {
    List<TrainingStep> steps = new ArrayList<>();
    long[] last = {0};
    LogReader.readAll(
        config,
        topics.ledger(run),
        record -> {
          TrainingStep value = record.value();
          if (value.getStep() != last[0] + 1
              || ByteBuffer.wrap(record.key()).getLong() != value.getStep()) {
            throw new IllegalStateException(
                "%s holds step %d at offset %d, after step %d"
                    .formatted(record.topic(), value.getStep(), record.offset(), last[0]));
          }
          last[0] = value.getStep();
          if (value.getStep() > step) {
            steps.add(value);
          }
        });
    if (last[0] < step) {
      throw new IllegalStateException(
          "the ledger of run %s ends at step %d, the checkpoint is at step %d"
              .formatted(run, last[0], step));
    }
    return steps;
  }
}
