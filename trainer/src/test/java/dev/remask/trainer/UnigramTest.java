package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.mlm.Masker;
import dev.remask.mlm.MaskingPolicy;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnigramTest {
  /** Vocabulary of 8: specials 0 to 3, text 4 to 6, mask 7. Counts: 4 twice, 5 once, 6 never. */
  @Test
  void handWorkedExample() {
    Unigram unigram = new Unigram(MaskingPolicy.ROBERTA, 8);
    unigram.count(new int[] {0, 4, 5, 4, 2, 2});
    Masked masked = new Masked(new int[] {0, 7, 6, 7, 2}, new int[] {1, 2, 3}, new int[] {4, 6, 5});
    Evaluation score = unigram.evaluate(List.of(new Example(-1, 0, 0, masked)));
    double four = -Math.log(3 / 11.0);
    double five = -Math.log(2 / 11.0);
    double six = -Math.log(1 / 11.0);
    assertThat(score.tokens()).isEqualTo(3);
    assertThat(score.lossSum()).isCloseTo(four + five + six, within(1e-12));
    assertThat(score.correct()).isEqualTo(1);
    assertThat(score.maskTokens()).isEqualTo(2);
    assertThat(score.maskLoss()).isCloseTo((four + five) / 2, within(1e-12));
    assertThat(score.maskAccuracy()).isEqualTo(0.5);
  }

  /** Whatever a policy may select is counted, and nothing else: counts are those of the labels. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void countsWhatThePolicySelects(boolean fairseqCompatible) {
    MaskingPolicy everything =
        new MaskingPolicy(
            MaskingPolicy.Kind.DYNAMIC,
            1,
            MaskingPolicy.Selection.BERNOULLI,
            1,
            0.8,
            0.1,
            false,
            fairseqCompatible);
    int[] tokens = {0, 4, 5, 4, 2, 3, 6, 2};
    Masked masked = new Masker(1, "books", everything, 8).mask(1, 0, 0, tokens);
    Unigram unigram = new Unigram(everything, 8);
    unigram.count(tokens);
    double loss = 0;
    for (int label : masked.labels()) {
      long count = IntStream.of(masked.labels()).filter(other -> other == label).count();
      loss -= Math.log((count + 1.0) / (masked.labels().length + 8));
    }
    assertThat(masked.labels()).hasSize(fairseqCompatible ? 8 : 4);
    assertThat(unigram.evaluate(List.of(new Example(1, 0, 0, masked))).lossSum())
        .isCloseTo(loss, within(1e-12));
  }

  @Test
  void sumsAdd() {
    Evaluation a = new Evaluation(2, 3, 1, 1, 2, 1);
    Evaluation b = new Evaluation(4, 5, 2, 3, 4, 0);
    assertThat(a.plus(b)).isEqualTo(new Evaluation(6, 8, 3, 4, 6, 1)).isEqualTo(b.plus(a));
    assertThat(a.plus(Evaluation.NOTHING)).isEqualTo(a);
    assertThat(a.plus(b).loss()).isEqualTo(8 / 6.0);
    assertThat(Evaluation.NOTHING.loss()).isNaN();
  }
}
