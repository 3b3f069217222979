package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Example;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.FakeLearner;
import dev.remask.trainer.Unigram;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeldOutTextTest {
  /** However the text is cut into parts: model and baseline are scored at the same positions. */
  @Test
  void bothAreScoredAtTheSamePositions() {
    RunLogs logs = new RunLogs(1, 150, 0, 0);
    logs.plan(1, List.of(150L, 0L, 0L));
    List<Example> examples = logs.expected(1, 0, 0, 150);
    Unigram unigram = new Unigram(MaskingPolicy.ROBERTA, RunLogs.VOCABULARY);
    List<Integer> sizes = new ArrayList<>();
    FakeLearner learner =
        new FakeLearner() {
          @Override
          public Evaluation evaluate(List<Example> part) {
            sizes.add(part.size());
            return super.evaluate(part);
          }
        };
    HeldOutScore score = new HeldOutText(examples, unigram).score(learner);
    long selected = examples.stream().mapToLong(e -> e.masked().positions().length).sum();
    assertThat(score.model().tokens()).isEqualTo(selected).isPositive();
    assertThat(score.unigram().tokens()).isEqualTo(selected);
    assertThat(score.unigram().maskTokens()).isBetween(1L, selected - 1);
    assertThat(sizes).containsExactly(64, 64, 22);
  }
}
