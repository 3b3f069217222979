package dev.remask.mlm;

import static dev.remask.mlm.Statistics.binomial;
import static dev.remask.mlm.Statistics.chiSquare;
import static dev.remask.mlm.Statistics.evenly;
import static dev.remask.mlm.Statistics.requireChiSquare;
import static dev.remask.mlm.Statistics.requireShares;
import static dev.remask.mlm.Statistics.requireSum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.MaskingPolicy.Kind;
import dev.remask.mlm.MaskingPolicy.Selection;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Masks of 10,240,000 tokens a check against closed form, within the bounds of {@link Statistics};
 * and masks that are a little wrong, which each check must find.
 */
class MaskDistributionTest {
  private static final int SEGMENTS = 20_000;
  private static final int LENGTH = 512;
  private static final int V = 8_192;

  /** Of the 512, those that are text; 15 % are 76.2, so an exact count is 77 in a fifth. */
  private static final int N = 508;

  private static final double P = 0.15;
  private static final int COPIES = 10;

  /** Two documents. Every third id begins a word, so words are 2.9 tokens long on average. */
  private static final int[] TOKENS = new Random(1).ints(LENGTH, 4, V - 1).toArray();

  private static final BitSet STARTS = new BitSet();

  static {
    TOKENS[0] = Vocabulary.BOS;
    TOKENS[255] = TOKENS[256] = TOKENS[LENGTH - 1] = Vocabulary.EOS;
    IntStream.range(4, V - 1).filter(id -> id % 3 == 0).forEach(STARTS::set);
  }

  interface Masks {
    Masked at(int epoch, int partition, int sequence);

    default Masked at(int sequence) {
      return at(1, 0, sequence);
    }

    /** These, but in one segment of so many others. */
    default Masks but(int oneIn, Masks others) {
      return (e, p, s) -> (s % oneIn == 0 ? others : this).at(e, p, s);
    }
  }

  private static MaskingPolicy policy(
      Kind kind, Selection selection, double p, double mask, double random, boolean words) {
    return new MaskingPolicy(kind, COPIES, selection, p, mask, random, words, false);
  }

  private static Masks masks(MaskingPolicy policy) {
    Masker masker = new Masker(1, "d", policy, V, STARTS);
    return (epoch, partition, sequence) -> masker.mask(epoch, partition, sequence, TOKENS);
  }

  private static Masks dynamic(Selection selection, double p, double mask, double random) {
    return masks(policy(Kind.DYNAMIC, selection, p, mask, random, false));
  }

  private static final Masks EXACT = dynamic(Selection.EXACT, P, 0.8, 0.1);
  private static final Masks BERNOULLI = dynamic(Selection.BERNOULLI, P, 0.8, 0.1);
  private static final Masks WORDS =
      masks(policy(Kind.DYNAMIC, Selection.EXACT, P, 0.8, 0.1, true));

  /** A mask of these positions, every one replaced by the mask token. */
  private static Masked masked(IntStream positions) {
    int[] at = positions.sorted().distinct().toArray();
    int[] inputs = TOKENS.clone();
    Arrays.stream(at).forEach(position -> inputs[position] = V - 1);
    return new Masked(inputs, at, Arrays.stream(at).map(i -> TOKENS[i]).toArray());
  }

  private static void requireCaught(Consumer<Masks> check, Masks... wrong) {
    for (Masks masks : wrong) {
      assertThatThrownBy(() -> check.accept(masks)).isInstanceOf(AssertionError.class);
    }
  }

  @Test
  void anExactCountIsTheShareRoundedByChance() {
    requireExactCounts(EXACT);
    requireExactCounts(masks(policy(Kind.STATIC, Selection.EXACT, P, 0.8, 0.1, false)));
    Masks down = (e, p, s) -> masked(Arrays.stream(EXACT.at(e, p, s).positions()).limit(76));
    requireCaught(
        MaskDistributionTest::requireExactCounts,
        down,
        BERNOULLI,
        dynamic(Selection.EXACT, 0.1501, 0.8, 0.1),
        EXACT.but(8, down));
  }

  /** Mean and variance, as the count is one of two numbers: a sum of Bernoulli remainders. */
  private static void requireExactCounts(Masks masks) {
    double up = 0.2;
    long rounded = 0;
    long neighbours = 0;
    int last = 0;
    for (int s = 0; s < SEGMENTS; s++) {
      int above = masks.at(s).positions().length - 76;
      assertThat(above).isBetween(0, 1);
      rounded += above;
      neighbours += last != above ? 1 : 0;
      last = above;
    }
    requireSum("counts rounded up", rounded, SEGMENTS * up, SEGMENTS * up * (1 - up));
    double change = 2 * up * (1 - up);
    // The second term is the covariance of two changes in a row, twice.
    double variance = change * (1 - change) + change * (1 - 2 * change);
    requireSum("changes between neighbours", neighbours, SEGMENTS * change, SEGMENTS * variance);
  }

  @Test
  void aBernoulliCountIsBinomial() {
    requireBinomialCounts(BERNOULLI);
    requireCaught(
        MaskDistributionTest::requireBinomialCounts,
        EXACT,
        dynamic(Selection.BERNOULLI, 0.151, 0.8, 0.1),
        BERNOULLI.but(10, EXACT));
  }

  private static void requireBinomialCounts(Masks masks) {
    int from = 52;
    int to = 102;
    long[] seen = new long[to - from + 1];
    long sum = 0;
    for (int s = 0; s < SEGMENTS; s++) {
      int count = masks.at(s).positions().length;
      seen[Math.max(from, Math.min(to, count)) - from]++;
      sum += count;
    }
    requireShares("counts", seen, binomial(N, P, from, to));
    requireSum("selected", sum, SEGMENTS * N * P, SEGMENTS * N * P * (1 - P));
  }

  @Test
  void everyTokenIsSelectedAlike() {
    requireEvenPositions(EXACT, 1 - P);
    requireEvenPositions(BERNOULLI, 1);
    Masks first = (e, p, s) -> masked(IntStream.rangeClosed(1, 76));
    requireCaught(m -> requireEvenPositions(m, 1 - P), EXACT.but(50, first));
  }

  /** Without replacement the statistic shrinks with the share left, times n / (n - 1). */
  private static void requireEvenPositions(Masks masks, double shrunk) {
    long[] seen = new long[LENGTH];
    for (int s = 0; s < SEGMENTS; s++) {
      for (int position : masks.at(s).positions()) {
        seen[position]++;
      }
    }
    long[] text =
        IntStream.range(0, LENGTH).filter(i -> TOKENS[i] > 3).mapToLong(i -> seen[i]).toArray();
    assertThat(Arrays.stream(text).sum()).isEqualTo(Arrays.stream(seen).sum());
    requireChiSquare("positions", chiSquare(text, evenly(N)) / shrunk * (N - 1) / N, N - 1);
  }

  @Test
  void eightyTenTen() {
    requireDecisions(EXACT);
    requireDecisions(BERNOULLI);
    requireDecisions(WORDS);
    requireCaught(
        MaskDistributionTest::requireDecisions,
        dynamic(Selection.EXACT, P, 0.796, 0.102),
        dynamic(Selection.EXACT, P, 0.8, 0.102),
        dynamic(Selection.BERNOULLI, P, 0.8, 0.2));
  }

  /** A random token is the original once in V - 5 times. */
  private static void requireDecisions(Masks masks) {
    long[] seen = new long[3];
    for (int s = 0; s < SEGMENTS; s++) {
      Masked masked = masks.at(s);
      for (int position : masked.positions()) {
        seen[decision(masked, position)]++;
      }
    }
    double same = 0.1 / (V - 5);
    requireShares("mask, keep, random", seen, 0.8, 0.1 + same, 0.1 - same);
  }

  private static int decision(Masked masked, int position) {
    int input = masked.inputs()[position];
    return input == V - 1 ? 0 : input == TOKENS[position] ? 1 : 2;
  }

  @Test
  void randomTokensAreEvenOverText() {
    Masks random = dynamic(Selection.EXACT, 1, 0, 1);
    requireEvenReplacements(random);
    Masks special =
        (e, p, s) -> {
          Masked masked = random.at(e, p, s);
          masked.inputs()[5] = Vocabulary.UNK;
          return masked;
        };
    Masks narrow =
        (e, p, s) -> {
          Draws draws = new Draws(s, 1);
          int[] inputs = TOKENS.clone();
          for (int i = 0; i < LENGTH; i++) {
            int fourteenBits = (int) (draws.draw(i) >>> 50);
            inputs[i] = TOKENS[i] < 4 ? TOKENS[i] : 4 + (fourteenBits * (V - 5) >>> 14);
          }
          return new Masked(inputs, new int[0], new int[0]);
        };
    requireCaught(MaskDistributionTest::requireEvenReplacements, random.but(1000, special), narrow);
  }

  private static void requireEvenReplacements(Masks masks) {
    long[] seen = new long[V];
    for (int s = 0; s < SEGMENTS; s++) {
      for (int input : masks.at(s).inputs()) {
        seen[input]++;
      }
    }
    assertThat(Arrays.copyOf(seen, 4)).containsExactly(SEGMENTS, 0, 3L * SEGMENTS, 0);
    assertThat(seen[V - 1]).isZero();
    requireShares("random tokens", Arrays.copyOfRange(seen, 4, V - 1), evenly(V - 5));
  }

  @Test
  void neighboursAgreeAsOftenAsIndependentMasks() {
    requireIndependence(EXACT);
    requireIndependence(BERNOULLI);
    requireCaught(
        MaskDistributionTest::requireIndependence,
        (e, p, s) -> EXACT.at(0, p, s),
        (e, p, s) -> EXACT.at(e, 0, s),
        (e, p, s) -> EXACT.at(0, p, s + e),
        EXACT.but(100, (e, p, s) -> EXACT.at(0, p, s)));
  }

  private static void requireIndependence(Masks masks) {
    for (int[] step : List.of(new int[] {1, 0, 0}, new int[] {0, 1, 0}, new int[] {1, 0, -1})) {
      requireAgreementByChance(masks, step);
    }
  }

  /** The positions that two masks of k and m share are hypergeometric, given k and m. */
  private static void requireAgreementByChance(Masks masks, int... step) {
    double sum = 0;
    double mean = 0;
    double variance = 0;
    for (int s = 1; s <= SEGMENTS; s++) {
      int[] one = masks.at(1, 0, s).positions();
      int[] other = masks.at(1 + step[0], step[1], s + step[2]).positions();
      double k = one.length;
      double m = other.length;
      sum += common(one, other);
      mean += k * m / N;
      variance += k * m * (N - k) * (N - m) / ((double) N * N * (N - 1));
    }
    requireSum("common positions at " + Arrays.toString(step), sum, mean, variance);
  }

  private static int common(int[] one, int[] other) {
    int common = 0;
    for (int i = 0, j = 0; i < one.length && j < other.length; ) {
      int order = Integer.compare(one[i], other[j]);
      common += order == 0 ? 1 : 0;
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return common;
  }

  @Test
  void staticMasksRepeatAfterTheirCopiesAndNotBefore() {
    requirePeriod(masks(policy(Kind.STATIC, Selection.EXACT, P, 0.8, 0.1, false)));
    requireCaught(
        MaskDistributionTest::requirePeriod,
        EXACT,
        (e, p, s) -> EXACT.at(e % 5, p, s),
        (e, p, s) -> EXACT.at(e % 20, p, s),
        (e, p, s) -> EXACT.at(e / 4 % COPIES, p, s),
        (e, p, s) -> EXACT.at(e % COPIES + (e > 19 ? 1 : 0), p, s));
  }

  private static void requirePeriod(Masks masks) {
    for (int s = 0; s < SEGMENTS; s++) {
      int epoch = s % COPIES;
      int[] inputs = masks.at(epoch, 0, s).inputs();
      assertThat(Arrays.equals(masks.at(epoch + COPIES, 0, s).inputs(), inputs)).isTrue();
      assertThat(Arrays.equals(masks.at(epoch + 2 * COPIES, 0, s).inputs(), inputs)).isTrue();
    }
    for (int step = 1; step < COPIES; step++) {
      requireAgreementByChance(masks, step, 0, 0);
    }
  }

  @Test
  void wholeWordsAreSelectedAlikeWhateverTheirLength() {
    requireWords(WORDS);
    requireWords(masks(policy(Kind.STATIC, Selection.EXACT, P, 0.8, 0.1, true)));
    Masks grown =
        (e, p, s) -> masked(Arrays.stream(EXACT.at(e, p, s).positions()).flatMap(i -> word(i)));
    Masks half =
        (e, p, s) -> masked(Arrays.stream(WORDS.at(e, p, s).positions()).filter(i -> i != 77));
    requireCaught(
        MaskDistributionTest::requireWords,
        EXACT,
        grown,
        half,
        masks(policy(Kind.DYNAMIC, Selection.EXACT, 0.151, 0.8, 0.1, true)));
  }

  private static boolean begins(int i) {
    return TOKENS[i] < 4 || TOKENS[i - 1] < 4 || STARTS.get(TOKENS[i]);
  }

  /** The positions of the word around one. */
  private static IntStream word(int i) {
    int start = i;
    while (!begins(start)) {
      start--;
    }
    return IntStream.concat(
        IntStream.of(start), IntStream.iterate(start + 1, at -> !begins(at), at -> at + 1));
  }

  /** All words, by their lengths; special tokens are none. */
  private static int[] wordLengths() {
    return IntStream.range(0, LENGTH)
        .filter(i -> TOKENS[i] > 3 && begins(i))
        .map(i -> (int) word(i).count())
        .toArray();
  }

  /** The tokens of k words, drawn from n without replacement, have the variance of such a sum. */
  private static void requireWords(Masks masks) {
    int[] lengths = wordLengths();
    int n = lengths.length;
    double length = (double) N / n;
    double spread =
        Arrays.stream(lengths).mapToDouble(l -> (l - length) * (l - length)).sum() / (n - 1);
    int down = (int) (P * n);
    double up = P * n - down;
    long tokens = 0;
    long words = 0;
    for (int s = 0; s < SEGMENTS; s++) {
      int[] positions = masks.at(s).positions();
      int begun = (int) Arrays.stream(positions).filter(MaskDistributionTest::begins).count();
      assertThat(begun).isBetween(down, down + 1);
      assertThat(Arrays.stream(positions).flatMap(i -> begins(i) ? word(i) : IntStream.empty()))
          .containsExactly(Arrays.stream(positions).boxed().toArray(Integer[]::new));
      words += begun;
      tokens += positions.length;
    }
    requireSum("words", words, SEGMENTS * P * n, SEGMENTS * up * (1 - up));
    double left = (1 - up) * down * (n - down) + up * (down + 1) * (n - down - 1);
    double variance = left / n * spread + length * length * up * (1 - up);
    requireSum("tokens of words", tokens, SEGMENTS * P * N, SEGMENTS * variance);
  }

  @Test
  void theTokensOfAWordDecideEachByItself() {
    requireSeparateDecisions(WORDS);
    Masks fairseq =
        (e, p, s) -> {
          Masked masked = WORDS.at(e, p, s);
          for (int i : masked.positions()) {
            masked.inputs()[i] = begins(i) ? masked.inputs()[i] : masked.inputs()[i - 1];
          }
          return masked;
        };
    requireCaught(MaskDistributionTest::requireSeparateDecisions, WORDS.but(50, fairseq), fairseq);
  }

  private static void requireSeparateDecisions(Masks masks) {
    long[] seen = new long[9];
    for (int s = 0; s < SEGMENTS; s++) {
      Masked masked = masks.at(s);
      for (int position : masked.positions()) {
        if (!begins(position)) {
          seen[3 * decision(masked, position - 1) + decision(masked, position)]++;
        }
      }
    }
    double[] one = {0.8, 0.1 + 0.1 / (V - 5), 0.1 - 0.1 / (V - 5)};
    requireShares(
        "decisions of neighbours",
        seen,
        IntStream.range(0, 9).mapToDouble(i -> one[i / 3] * one[i % 3]).toArray());
  }
}
