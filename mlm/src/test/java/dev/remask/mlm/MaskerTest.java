package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.remask.mlm.MaskingPolicy.Kind;
import dev.remask.mlm.MaskingPolicy.Selection;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class MaskerTest {
  private static final int V = 100;

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

  /** One masker for segments of many lengths, so that what one leaves behind would show. */
  @Property(tries = 300)
  void masksAreThoseOfTheReference(@ForAll long seed) {
    Random random = new Random(seed);
    double share = random.nextDouble();
    MaskingPolicy policy =
        new MaskingPolicy(
            random.nextBoolean() ? Kind.DYNAMIC : Kind.STATIC,
            1 + random.nextInt(12),
            random.nextBoolean() ? Selection.EXACT : Selection.BERNOULLI,
            random.nextBoolean() ? 0.15 : 1 - random.nextDouble(),
            share,
            (1 - share) * random.nextDouble(),
            random.nextBoolean(),
            random.nextBoolean());
    int size = 6 + random.nextInt(random.nextBoolean() ? 20 : 60_000);
    BitSet starts = new BitSet();
    random.ints(size / 3, 4, size - 1).forEach(starts::set);
    Masker masker = new Masker(seed, "d", policy, size, starts);
    ReferenceMasker reference = new ReferenceMasker(seed, "d", policy, size, starts);
    for (int length : new int[] {600, 0, 1, 64, random.nextInt(1000), 65}) {
      int epoch = random.nextInt(30) - 1;
      int partition = random.nextInt(1 << 1 + random.nextInt(30));
      long sequence = random.nextLong() >>> (1 + random.nextInt(63));
      int[] tokens = random.ints(length, 0, size - 1).toArray();
      Masked expected = reference.mask(epoch, partition, sequence, tokens);
      assertEqual(masker.mask(epoch, partition, sequence, tokens), expected);
      int[][] into = {new int[length], new int[length], new int[length]};
      int count = masker.mask(epoch, partition, sequence, tokens, into[0], into[1], into[2]);
      int[] positions = Arrays.copyOf(into[1], count);
      assertEqual(new Masked(into[0], positions, Arrays.copyOf(into[2], count)), expected);
    }
  }

  private static void assertEqual(Masked masked, Masked expected) {
    assertThat(masked.inputs()).isEqualTo(expected.inputs());
    assertThat(masked.positions()).isEqualTo(expected.positions());
    assertThat(masked.labels()).isEqualTo(expected.labels());
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
}
