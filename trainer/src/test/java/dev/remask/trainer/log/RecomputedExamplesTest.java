package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.Example;
import dev.remask.trainer.ExampleSource;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecomputedExamplesTest extends ExampleSourceContract {
  @Override
  ExampleSource source(int ahead) {
    return new RecomputedExamples(logs.segments(ahead), logs::planOf, RunLogs::masker, logs.pairs);
  }

  /** Markers make offsets run ahead of sequences; a seek by sequence must still find its place. */
  @Test
  void jumpsAnywhere() throws Exception {
    ExampleSource source = source(6);
    Random random = new Random(3);
    for (int i = 0; i < 300; i++) {
      int partition = random.nextInt(2);
      int end = 1 + random.nextInt(partition == 0 ? 40 : 25);
      int start = random.nextInt(end);
      assertThat(Example.sha256(source.read(3, partition, start, end)))
          .isEqualTo(Example.sha256(logs.expected(3, partition, start, end)));
    }
  }

  @Test
  void anEpochWithoutPlanCannotBeMade() {
    assertThatThrownBy(() -> source(6).read(7, 0, 0, 1)).hasMessageContaining("no plan of epoch 7");
  }
}
