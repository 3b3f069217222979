package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.Example;
import dev.remask.mlm.Example.Origin;
import dev.remask.mlm.Masked;
import dev.remask.trainer.ExampleSource;
import java.util.List;
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

  /** A masker of an older version, while the packer already says where its text comes from. */
  @Test
  void whatAnOlderMaskerDoesNotSayIsNotMissed() throws Exception {
    logs.mask(1, 0, 0, 1);
    Example right = logs.expected(1, 0, 1);
    assertThat(right.origins()).isNotEmpty();
    logs.replays.append(0, 1, RunLogs.record(from(right, List.of())));
    assertThat(source(10).read(1, 0, 0, 2)).hasSize(2);
  }

  @Test
  void anotherSourceThanTheSegmentsStops() {
    Example right = logs.expected(1, 0, 0);
    List<Origin> others = List.of(new Origin("elsewhere", right.masked().inputs().length));
    logs.replays.append(0, 0, RunLogs.record(from(right, others)));
    assertThatThrownBy(() -> source(10).read(1, 0, 0, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("epoch 1, partition 0, sequence 0");
  }

  private static Example from(Example example, List<Origin> origins) {
    return new Example(
        example.epoch(),
        example.partition(),
        example.sequence(),
        example.masked(),
        example.secondPart(),
        example.nextSentence(),
        origins);
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
