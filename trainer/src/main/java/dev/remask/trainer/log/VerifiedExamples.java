package dev.remask.trainer.log;

import dev.remask.mlm.Example;
import dev.remask.trainer.ExampleSource;
import dev.remask.trainer.Sha256;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Examples of the topic, each compared with what segment and plan say it must be (invariants 1 and
 * 2). A difference is a broken invariant.
 */
final class VerifiedExamples implements ExampleSource {
  private final ExampleSource topic;
  private final ExampleSource recomputed;
  private final AtomicLong verified = new AtomicLong();

  VerifiedExamples(ExampleSource topic, ExampleSource recomputed) {
    this.topic = topic;
    this.recomputed = recomputed;
  }

  @Override
  public List<Example> read(int epoch, int partition, long start, long end)
      throws InterruptedException {
    List<Example> examples = topic.read(epoch, partition, start, end);
    List<Example> expected = recomputed.read(epoch, partition, start, end);
    for (int i = 0; i < examples.size(); i++) {
      if (!Sha256.of(examples.subList(i, i + 1)).equals(Sha256.of(expected.subList(i, i + 1)))) {
        throw new IllegalStateException(
            "the example of epoch %d, partition %d, sequence %d is not what its segment and plan give"
                .formatted(epoch, partition, start + i));
      }
    }
    verified.addAndGet(examples.size());
    return examples;
  }

  /** Examples found equal so far. Any thread. */
  long verified() {
    return verified.get();
  }
}
