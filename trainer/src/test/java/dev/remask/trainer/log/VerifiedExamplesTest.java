package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.trainer.ExampleSource;
import org.junit.jupiter.api.Test;

class VerifiedExamplesTest extends ExampleSourceContract {
  @Override
  ExampleSource source(int ahead) {
    return new VerifiedExamples(
        new TopicExamples(
            RunLogs.examples(logs.live, ahead),
            RunLogs.examples(logs.replays, ahead),
            RunLogs.VOCABULARY,
            logs.pairs,
            ms -> {}),
        new RecomputedExamples(logs.segments(ahead), logs::planOf, RunLogs::masker, logs.pairs));
  }

  /** One bit of one example is another: as if a masker had used another seed. */
  @Test
  void aDifferenceStopsWithItsPlace() {
    logs.mask(1, 0, 0, 3);
    Example right = logs.expected(1, 0, 3);
    int[] inputs = right.masked().inputs().clone();
    inputs[inputs.length - 1] ^= 1;
    Masked wrong = new Masked(inputs, right.masked().positions(), right.masked().labels());
    logs.replays.append(0, 3, RunLogs.record(new Example(1, 0, 3, wrong)));
    assertThatThrownBy(() -> source(10).read(1, 0, 0, 4))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("epoch 1, partition 0, sequence 3");
  }
}
