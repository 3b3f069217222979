package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Example;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.Evaluator;
import dev.remask.trainer.FakeLearner;
import dev.remask.trainer.HeldOutScore;
import dev.remask.trainer.Unigram;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HeldOutTextTest {
  private static final int MASK = RunLogs.VOCABULARY - 1;

  private static List<Example> examples(int count) {
    RunLogs logs = new RunLogs(1, count, 0, 0);
    logs.plan(1, List.of((long) count, 0L, 0L));
    return logs.expected(1, 0, 0, count);
  }

  private static HeldOutText text(int count, boolean complete) {
    Unigram unigram = new Unigram(MaskingPolicy.ROBERTA, RunLogs.VOCABULARY);
    return new HeldOutText(examples(count), unigram, token -> token % 7, complete);
  }

  /** However the text is cut into parts: model and baselines are scored at the same positions. */
  @Test
  void allAreScoredAtTheSamePositions() {
    List<Example> examples = examples(150);
    List<Integer> sizes = new ArrayList<>();
    FakeLearner learner =
        new FakeLearner() {
          @Override
          public Optional<Evaluation> evaluate(List<Example> part, BooleanSupplier abandons) {
            sizes.add(part.size());
            return super.evaluate(part, abandons);
          }
        };
    HeldOutScore score = text(150, true).score(learner);
    long selected = examples.stream().mapToLong(e -> e.masked().positions().length).sum();
    assertThat(score.segments()).isEqualTo(150);
    assertThat(score.model().tokens()).isEqualTo(selected).isPositive();
    assertThat(score.unigram().tokens()).isEqualTo(selected);
    assertThat(score.copying().tokens()).isEqualTo(selected);
    assertThat(score.unigram().maskTokens()).isBetween(1L, selected - 1);
    assertThat(score.copying().maskLossSum()).isEqualTo(score.unigram().maskLossSum());
    assertThat(score.copying().loss()).isLessThan(score.unigram().loss());
    assertThat(score.bytes())
        .isEqualTo(
            examples.stream()
                .flatMapToInt(e -> IntStream.of(e.masked().labels()))
                .map(label -> label % 7)
                .sum());
    assertThat(score.maskBytes())
        .isEqualTo(examples.stream().mapToLong(HeldOutTextTest::maskBytes).sum());
    assertThat(sizes).containsExactly(64, 64, 22);
  }

  private static long maskBytes(Example example) {
    int[] positions = example.masked().positions();
    return IntStream.range(0, positions.length)
        .filter(m -> example.masked().inputs()[positions[m]] == MASK)
        .map(m -> example.masked().labels()[m] % 7)
        .sum();
  }

  @Test
  void aStopEndsItBetweenTwoParts() {
    AtomicInteger asked = new AtomicInteger();
    assertThat(text(150, true).score(new FakeLearner(), () -> asked.incrementAndGet() == 2))
        .isEmpty();
    assertThat(asked).hasValue(2);
  }

  /** Every third step and the last; read again while it may still grow. */
  @Test
  void itIsLookedAtNowAndThen() {
    AtomicInteger read = new AtomicInteger();
    List<HeldOutText> found = List.of(text(0, false), text(5, false), text(9, true));
    Evaluator watch = new HeldOutWatch(3, () -> found.get(read.getAndIncrement()));
    List<String> looks = new ArrayList<>();
    for (long step = 1; step <= 14; step++) {
      Optional<HeldOutScore> score = watch.after(step, step == 14, new FakeLearner(), () -> false);
      if (score.isPresent()) {
        looks.add(step + ": " + score.get().segments());
      }
    }
    assertThat(looks).containsExactly("6: 5", "9: 9", "12: 9", "14: 9");
    assertThat(read).hasValue(3);
    assertThat(
            new HeldOutWatch(0, () -> found.get(2)).after(3, true, new FakeLearner(), () -> false))
        .as("never")
        .isEmpty();
  }

  @Test
  void aStopWhileItIsReadIsNoFault() {
    Evaluator watch =
        new HeldOutWatch(
            1,
            () -> {
              throw new Stopped();
            });
    assertThat(watch.after(1, false, new FakeLearner(), () -> true)).isEmpty();
  }
}
