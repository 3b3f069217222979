package dev.remask.trainer.log;

import dev.remask.mlm.Example;
import dev.remask.schemas.MaskedExample;
import dev.remask.trainer.ExampleSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Examples as the maskers wrote them: epoch 0 from the live topic, the others from the replays'.
 */
final class TopicExamples implements ExampleSource {
  private final SequencedLog<MaskedExample> live;
  private final SequencedLog<MaskedExample> replays;
  private final int vocabularySize;
  private final boolean pairs;
  private final LongConsumer arrivals;

  /**
   * @param pairs whether the segments have two parts
   * @param arrivals hears when the text of each live example came in
   */
  TopicExamples(
      SequencedLog<MaskedExample> live,
      SequencedLog<MaskedExample> replays,
      int vocabularySize,
      boolean pairs,
      LongConsumer arrivals) {
    this.arrivals = arrivals;
    this.live = live;
    this.replays = replays;
    this.vocabularySize = vocabularySize;
    this.pairs = pairs;
  }

  @Override
  public List<Example> read(int epoch, int partition, long start, long end)
      throws InterruptedException {
    List<MaskedExample> records =
        epoch == 0
            ? live.read(epoch, partition, start, end, arrivals)
            : replays.read(epoch, partition, start, end);
    List<Example> examples = new ArrayList<>();
    for (MaskedExample record : records) {
      if (record.getPartition() != partition) {
        throw new IllegalStateException(
            "partition %d holds an example of partition %d: epoch %d, sequence %d"
                .formatted(partition, record.getPartition(), epoch, record.getSequence()));
      }
      examples.add(Examples.of(record, vocabularySize, pairs));
    }
    return examples;
  }
}
