package dev.remask.trainer.log;

import dev.remask.mlm.Example;
import dev.remask.trainer.ExampleSource;
import dev.remask.trainer.Position;
import java.util.ArrayList;
import java.util.List;

/**
 * Examples of which the topics may have lost those up to a position, as someone has learned so far
 * before and purged them: these are recomputed, those from there on are the topics'.
 */
final class PurgedExamples implements ExampleSource {
  private final Position purged;
  private final ExampleSource topics;
  private final ExampleSource recomputed;

  PurgedExamples(Position purged, ExampleSource topics, ExampleSource recomputed) {
    this.purged = purged;
    this.topics = topics;
    this.recomputed = recomputed;
  }

  @Override
  public List<Example> read(int epoch, int partition, long start, long end)
      throws InterruptedException {
    long kept = kept(epoch, partition);
    List<Example> examples = new ArrayList<>();
    if (start < kept) {
      examples.addAll(recomputed.read(epoch, partition, start, Math.min(end, kept)));
    }
    if (end > kept) {
      examples.addAll(topics.read(epoch, partition, Math.max(start, kept), end));
    }
    return examples;
  }

  /** From which sequence on they are in the topic for sure; of a replay, all or none. */
  private long kept(int epoch, int partition) {
    if (epoch == 0) {
      return purged.live().get(partition);
    }
    return epoch <= purged.epoch() ? Long.MAX_VALUE : 0;
  }
}
