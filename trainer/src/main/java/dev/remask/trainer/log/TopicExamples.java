package dev.remask.trainer.log;

import dev.remask.mlm.Example;
import dev.remask.schemas.MaskedExample;
import dev.remask.trainer.ExampleSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Examples as the maskers wrote them: epoch 0 from the live topic, the others from the replays'.
 */
final class TopicExamples implements ExampleSource {
  private final SequencedLog<MaskedExample> live;
  private final SequencedLog<MaskedExample> replays;
  private final int vocabularySize;
  private final boolean pairs;

  /**
   * @param pairs whether the segments have two parts
   */
  TopicExamples(
      SequencedLog<MaskedExample> live,
      SequencedLog<MaskedExample> replays,
      int vocabularySize,
      boolean pairs) {
    this.live = live;
    this.replays = replays;
    this.vocabularySize = vocabularySize;
    this.pairs = pairs;
  }

  @Override
  public List<Example> read(int epoch, int partition, long start, long end)
      throws InterruptedException {
    SequencedLog<MaskedExample> log = epoch == 0 ? live : replays;
    List<Example> examples = new ArrayList<>();
    for (MaskedExample record : log.read(epoch, partition, start, end)) {
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
