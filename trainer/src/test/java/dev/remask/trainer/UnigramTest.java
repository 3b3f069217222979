package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.mlm.Masker;
import dev.remask.mlm.MaskingPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

  /** As above, 80/10/10: a token of text was kept by 0.1, and drawn by 0.1 / 3 of three tokens. */
  @Test
  void copyingByBayesRule() {
    Unigram unigram = new Unigram(MaskingPolicy.ROBERTA, 8);
    unigram.count(new int[] {0, 4, 5, 4, 2, 2});
    Masked masked = new Masked(new int[] {0, 7, 6, 4, 2}, new int[] {1, 2, 3}, new int[] {5, 6, 5});
    Evaluation score = unigram.evaluateCopying(List.of(new Example(-1, 0, 0, masked)));
    double atMask = 2 / 11.0;
    double keptSix = (1 / 11.0) * (0.1 + 0.1 / 3) / (0.1 * 1 / 11.0 + 0.1 / 3);
    double fourWasFive = (2 / 11.0) * (0.1 / 3) / (0.1 * 3 / 11.0 + 0.1 / 3);
    assertThat(score.lossSum())
        .isCloseTo(-Math.log(atMask) - Math.log(keptSix) - Math.log(fourWasFive), within(1e-9));
    assertThat(score.maskLossSum()).isCloseTo(-Math.log(atMask), within(1e-12));
    assertThat(score.correct()).as("six, copied").isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"0.8, 0.1", "0, 1", "0, 0", "0.5, 0.5", "0.1, 0.05"})
  void aGuessIsADistribution(double maskShare, double randomShare) {
    MaskingPolicy policy =
        new MaskingPolicy(
            MaskingPolicy.Kind.DYNAMIC,
            1,
            MaskingPolicy.Selection.EXACT,
            0.15,
            maskShare,
            randomShare,
            false,
            true);
    Unigram unigram = new Unigram(policy, 12);
    unigram.count(new int[] {0, 4, 5, 4, 2, 10, 10, 10, 10});
    for (int input = 0; input < 12; input++) {
      int given = input;
      assertThat(IntStream.range(0, 12).mapToDouble(t -> unigram.probability(given, t)).sum())
          .as("input " + input)
          .isCloseTo(1, within(1e-12));
    }
  }

  /**
   * Of text without any context, masked by the mask function itself, nothing beats this guess: not
   * the plain one, by about half a nat, nor one that trusts the copy more, or less.
   */
  @Test
  void nothingWithoutContextBeatsIt() {
    int vocabulary = 500;
    Random random = new Random(3);
    Unigram unigram = new Unigram(MaskingPolicy.ROBERTA, vocabulary);
    Masker masker = new Masker(1, "books", MaskingPolicy.ROBERTA, vocabulary);
    List<Example> examples = new ArrayList<>();
    for (int s = 0; s < 2000; s++) {
      int[] tokens = new int[128];
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = 4 + (int) (495 * Math.pow(random.nextDouble(), 3)); // few of them are frequent
      }
      unigram.count(tokens);
      examples.add(
          new Example(Masker.EVALUATION, 0, s, masker.mask(Masker.EVALUATION, 0, s, tokens)));
    }
    Evaluation plain = unigram.evaluate(examples);
    Evaluation copying = unigram.evaluateCopying(examples);
    assertThat(copying.maskLossSum()).isEqualTo(plain.maskLossSum());
    assertThat(plain.loss() - copying.loss()).isBetween(0.4, 0.6);
    assertThat(copying.accuracy()).isGreaterThan(plain.accuracy() + 0.07);
    for (double trust : new double[] {0.5, 0.8, 1.25, 2}) {
      assertThat(copying.lossSum()).isLessThan(lossOfTrust(trust, unigram, examples));
    }
  }

  /** Of a guess whose odds for the copy are so many times the right ones. */
  private static double lossOfTrust(double trust, Unigram unigram, List<Example> examples) {
    double loss = 0;
    for (Example example : examples) {
      Masked masked = example.masked();
      for (int m = 0; m < masked.positions().length; m++) {
        int input = masked.inputs()[masked.positions()[m]];
        int label = masked.labels()[m];
        double right = unigram.probability(input, label);
        double copy = unigram.probability(input, input);
        double scale = unigram.isMask(input) ? 1 : 1 + (trust - 1) * copy;
        boolean copied = input == label && !unigram.isMask(input);
        loss -= Math.log(right * (copied ? trust : 1) / scale);
      }
    }
    return loss;
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
