package dev.remask.trainer.log;

import dev.remask.mlm.Example;
import dev.remask.trainer.ExampleSource;
import java.util.List;

/**
 * Examples of the topic, each compared with what segment and plan say it must be (invariants 1 and
 * 2). A difference is a broken invariant.
 */
final class VerifiedExamples implements ExampleSource {
  private final ExampleSource topic;
  private final ExampleSource recomputed;

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
      String is = Example.sha256(examples.subList(i, i + 1));
      if (!is.equals(Example.sha256(expected.subList(i, i + 1)))
          || !sameOrigins(examples.get(i), expected.get(i))) {
        throw new IllegalStateException(
            "the example of epoch %d, partition %d, sequence %d is not what its segment and plan give"
                .formatted(epoch, partition, start + i));
      }
    }
    return examples;
  }

  /** A masker of an older version writes none. */
  private static boolean sameOrigins(Example topic, Example recomputed) {
    return topic.origins().isEmpty() || topic.origins().equals(recomputed.origins());
  }

  @Override
  public boolean verifies() {
    return true;
  }
}
