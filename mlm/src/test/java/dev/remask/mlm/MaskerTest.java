package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.remask.mlm.MaskingPolicy.Kind;
import dev.remask.mlm.MaskingPolicy.Selection;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Statistical checks have fixed seeds; each states the chance that a true mask would fail it. */
class MaskerTest {
  private static final int V = 100;

  /** What a check of independence looks at: the masked positions at a place. */
  interface Positions {
    int[] at(int epoch, int partition, long sequence);
  }

  private static MaskingPolicy policy(Selection selection, double p, double mask, double random) {
    return new MaskingPolicy(Kind.DYNAMIC, 1, selection, p, mask, random, false, false);
  }

  /** {@code <s>}, then T - 2 text ids, then {@code </s>}. */
  private static int[] segment(int length) {
    int[] tokens = IntStream.range(0, length).map(i -> 4 + i % (V - 5)).toArray();
    tokens[0] = Vocabulary.BOS;
    tokens[length - 1] = Vocabulary.EOS;
    return tokens;
  }

  @Property
  void aMaskChangesWhatItSaysAndNothingElse(
      @ForAll long seed,
      @ForAll Kind kind,
      @ForAll Selection selection,
      @ForAll @DoubleRange(min = 0.01, max = 1) double p,
      @ForAll boolean fairseq,
      @ForAll @IntRange(min = -1, max = 50) int epoch,
      @ForAll @LongRange(min = 0) long sequence,
      @ForAll @IntRange(min = 2, max = 600) int length) {
    MaskingPolicy policy = new MaskingPolicy(kind, 3, selection, p, 0.8, 0.1, false, fairseq);
    int[] tokens = segment(length);
    Masked masked = new Masker(seed, "d", policy, V).mask(epoch, 5, sequence, tokens);

    assertThat(tokens).isEqualTo(segment(length));
    assertThat(masked.positions()).isSorted().doesNotHaveDuplicates();
    int[] restored = masked.inputs().clone();
    for (int m = 0; m < masked.positions().length; m++) {
      int position = masked.positions()[m];
      assertThat(masked.inputs()[position]).isBetween(fairseq ? 0 : 4, V - 1);
      assertThat(fairseq || tokens[position] > 3).isTrue();
      restored[position] = masked.labels()[m];
    }
    assertThat(restored).isEqualTo(tokens);
  }

  @Property
  void theExactCountIsTheProductRoundedByDrawZero(
      @ForAll long seed,
      @ForAll @DoubleRange(min = 0.01, max = 1) double p,
      @ForAll @LongRange(min = 0) long sequence,
      @ForAll @IntRange(min = 2, max = 600) int length) {
    MaskingPolicy policy = policy(Selection.EXACT, p, 0.8, 0.1);
    Masked masked = new Masker(seed, "d", policy, V).mask(3, 5, sequence, segment(length));

    Draws draws =
        Draws.Key.of("remask-mask-1\n" + seed + "\nd\n" + policy.canonical())
            .draws(3L << 32 | 5, sequence);
    BigInteger expected =
        BigInteger.valueOf(length - 2)
            .multiply(BigInteger.valueOf(Math.round(p * 0x1p32)))
            .add(BigInteger.valueOf(draws.draw(0) >>> 32))
            .shiftRight(32);
    assertThat(masked.positions()).hasSize(expected.intValueExact());
    assertThat((double) masked.positions().length).isCloseTo(p * (length - 2), within(1.0001));
  }

  /** Mean of a Bernoulli remainder over 20,000 segments; 5 sigma: 6e-7. */
  @ParameterizedTest
  @EnumSource(Selection.class)
  void theMeanCountIsTheShare(Selection selection) {
    Masker masker = new Masker(1, "d", policy(selection, 0.15, 0.8, 0.1), V);
    int segments = 20_000;
    int n = 65; // 9.75 expected
    double sum = 0;
    for (int sequence = 0; sequence < segments; sequence++) {
      sum += masker.mask(0, 0, sequence, segment(n + 2)).positions().length;
    }
    double variance = selection == Selection.EXACT ? 0.75 * 0.25 : n * 0.15 * 0.85;
    assertThat(sum / segments).isCloseTo(0.15 * n, within(5 * Math.sqrt(variance / segments)));
  }

  /** Chi-square, 2 degrees of freedom; the bound is exceeded by chance once in a million. */
  @ParameterizedTest
  @EnumSource(Selection.class)
  void eightyTenTen(Selection selection) {
    Masker masker = new Masker(2, "d", policy(selection, 0.15, 0.8, 0.1), 1 << 20);
    long[] seen = new long[3];
    int[] tokens = segment(512);
    for (int sequence = 0; sequence < 2_000; sequence++) {
      Masked masked = masker.mask(1, 1, sequence, tokens);
      for (int position : masked.positions()) {
        int input = masked.inputs()[position];
        seen[input == (1 << 20) - 1 ? 0 : input == tokens[position] ? 2 : 1]++;
      }
    }
    assertThat(chiSquare(seen, 0.8, 0.1, 0.1)).isLessThan(-2 * Math.log(1e-6));
  }

  /** Random replacements over the text ids 4 ... V - 2; bound as above. */
  @Test
  void randomReplacementsAreUniformOverText() {
    Masker masker = new Masker(3, "d", policy(Selection.EXACT, 1, 0, 1), V);
    long[] seen = new long[V];
    for (int sequence = 0; sequence < 500; sequence++) {
      for (int input : masker.mask(0, 0, sequence, segment(512)).inputs()) {
        seen[input]++;
      }
    }
    assertThat(seen[Vocabulary.BOS] + seen[Vocabulary.EOS]).isEqualTo(2 * 500);
    assertThat(seen[Vocabulary.PAD] + seen[Vocabulary.UNK] + seen[V - 1]).isZero();
    long[] text = Arrays.copyOfRange(seen, 4, V - 1);
    assertThat(chiSquare(text, evenly(text.length))).isLessThan(quantile(text.length - 1));
  }

  /** Without replacement the statistic is smaller by (n - k) / (n - 1); corrected. */
  @ParameterizedTest
  @EnumSource(Selection.class)
  void everyPositionIsEquallyLikely(Selection selection) {
    int n = 128;
    Masker masker = new Masker(4, "d", policy(selection, 0.25, 0.8, 0.1), V);
    long[] seen = new long[n];
    for (int sequence = 0; sequence < 20_000; sequence++) {
      for (int position : masker.mask(0, 0, sequence, segment(n + 2)).positions()) {
        seen[position - 1]++;
      }
    }
    double correction = (n - 1) / (n * 0.75);
    assertThat(chiSquare(seen, evenly(n)) * correction).isLessThan(quantile(n - 1));
  }

  @Test
  void placesAreIndependent() {
    Masker masker = new Masker(5, "d", policy(Selection.EXACT, 0.25, 0.8, 0.1), V);
    requireIndependence((e, p, s) -> masker.mask(e, p, s, segment(130)).positions());
  }

  /** The check above has teeth. */
  @Test
  void dependentPlacesAreCaught() {
    Masker masker = new Masker(5, "d", policy(Selection.EXACT, 0.25, 0.8, 0.1), V);
    Positions withoutEpoch = (e, p, s) -> masker.mask(0, p, s, segment(130)).positions();
    Positions withoutPartition = (e, p, s) -> masker.mask(e, 0, s, segment(130)).positions();
    Positions added = (e, p, s) -> masker.mask(0, p, s + e, segment(130)).positions();
    for (Positions broken : new Positions[] {withoutEpoch, withoutPartition, added}) {
      assertThatThrownBy(() -> requireIndependence(broken)).isInstanceOf(AssertionError.class);
    }
  }

  /**
   * Of n = 128 positions, two independent masks of k = 32 share k² / n = 8 on average, with the
   * hypergeometric variance; 5 sigma each way, 6e-7, for each kind of neighbour.
   */
  private static void requireIndependence(Positions masks) {
    int segments = 5_000;
    int[][] neighbours = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {2, 0, 0}, {1, 0, -1}, {-1, 0, 1}};
    double variance = 32.0 * 32 * 96 * 96 / (128.0 * 128 * 127);
    for (int[] step : neighbours) {
      double common = 0;
      for (int sequence = 1; sequence <= segments; sequence++) {
        int[] mask = masks.at(1, 0, sequence);
        int[] other = masks.at(1 + step[0], step[1], sequence + step[2]);
        common += Arrays.stream(mask).filter(i -> Arrays.binarySearch(other, i) >= 0).count();
      }
      assertThat(common / segments)
          .as("common positions at distance %s", Arrays.toString(step))
          .isCloseTo(8, within(5 * Math.sqrt(variance / segments)));
    }
  }

  @Test
  void runsDatasetsAndPoliciesHaveMasksOfTheirOwn() {
    MaskingPolicy policy = MaskingPolicy.ROBERTA;
    MaskingPolicy other = policy(Selection.EXACT, 0.15, 0.8, 0.1000001);
    int[] first = positions(new Masker(1, "d", policy, V));
    assertThat(positions(new Masker(1, "d", policy, V))).isEqualTo(first);
    assertThat(positions(new Masker(2, "d", policy, V))).isNotEqualTo(first);
    assertThat(positions(new Masker(1, "e", policy, V))).isNotEqualTo(first);
    assertThat(positions(new Masker(1, "d", other, V))).isNotEqualTo(first);
  }

  private static int[] positions(Masker masker) {
    return masker.mask(1, 2, 3, segment(512)).positions();
  }

  @Test
  void staticMasksComeAgainAfterTheirCopies() {
    MaskingPolicy policy =
        new MaskingPolicy(Kind.STATIC, 10, Selection.EXACT, 0.15, 0.8, 0.1, false, false);
    Masker masker = new Masker(1, "d", policy, V);
    for (int epoch = 0; epoch < 40; epoch++) {
      int[] mask = masker.mask(epoch, 0, 0, segment(512)).inputs();
      for (int copy = 0; copy < 10; copy++) {
        int[] of = masker.mask(copy, 0, 0, segment(512)).inputs();
        assertThat(Arrays.equals(mask, of)).isEqualTo(epoch % 10 == copy);
      }
      assertThat(mask).isNotEqualTo(masker.mask(Masker.EVALUATION, 0, 0, segment(512)).inputs());
    }
  }

  @Test
  void fairseqMasksSpecialTokensToo() {
    MaskingPolicy policy =
        new MaskingPolicy(Kind.DYNAMIC, 1, Selection.EXACT, 1, 1, 0, false, true);
    Masked masked = new Masker(1, "d", policy, V).mask(0, 0, 0, segment(8));
    assertThat(masked.inputs()).containsOnly(V - 1);
    assertThat(masked.labels()).isEqualTo(segment(8));
  }

  @Test
  void aMaskedOrForeignTokenIsABrokenInvariant() {
    Masker masker = new Masker(1, "d", MaskingPolicy.ROBERTA, V);
    for (int id : new int[] {V - 1, V, -1}) {
      assertThatThrownBy(() -> masker.mask(0, 3, 9, new int[] {0, id, 2}))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("(3, 9)")
          .hasMessageContaining("token " + id + " at 1");
    }
  }

  @Test
  void badArgumentsAreNamed() {
    Masker masker = new Masker(1, "d", MaskingPolicy.ROBERTA, V);
    assertThatThrownBy(() -> masker.mask(-2, 0, 0, segment(8))).hasMessageContaining("epoch -2");
    assertThatThrownBy(() -> masker.mask(0, -1, 0, segment(8)))
        .hasMessageContaining("partition -1");
    assertThatThrownBy(() -> masker.mask(0, 0, -1, segment(8))).hasMessageContaining("sequence -1");
    assertThatThrownBy(() -> new Masker(1, "a\nb", MaskingPolicy.ROBERTA, V))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Masker(1, "d", MaskingPolicy.ROBERTA, 5))
        .hasMessageContaining("vocabulary size 5");
  }

  @Test
  void policiesValidateThemselves() {
    for (double p : new double[] {0, -0.1, 1.1, Double.NaN}) {
      assertThatThrownBy(() -> policy(Selection.EXACT, p, 0.8, 0.1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("probability " + p);
    }
    double[][] shares = {{0.8, 0.3}, {-0.1, 0.1}, {0.1, -0.1}, {Double.NaN, 0}, {0, Double.NaN}};
    for (double[] share : shares) {
      assertThatThrownBy(() -> policy(Selection.EXACT, 0.15, share[0], share[1]))
          .hasMessageContaining("maskShare " + share[0]);
    }
    assertThatThrownBy(
            () -> new MaskingPolicy(Kind.STATIC, 0, Selection.EXACT, 0.15, 0.8, 0.1, false, false))
        .hasMessageContaining("copies 0");
  }

  private static double chiSquare(long[] seen, double... shares) {
    double total = Arrays.stream(seen).sum();
    double statistic = 0;
    for (int i = 0; i < seen.length; i++) {
      double expected = total * shares[i];
      statistic += (seen[i] - expected) * (seen[i] - expected) / expected;
    }
    return statistic;
  }

  private static double[] evenly(int n) {
    double[] shares = new double[n];
    Arrays.fill(shares, 1.0 / n);
    return shares;
  }

  /** Chi-square's quantile at 1 - 1e-6 by Wilson and Hilferty's approximation. */
  private static double quantile(int degrees) {
    double a = 2.0 / (9 * degrees);
    return degrees * Math.pow(1 - a + 4.7534 * Math.sqrt(a), 3);
  }
}
