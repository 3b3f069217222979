package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.MaskingPolicy.Kind;
import dev.remask.mlm.MaskingPolicy.Selection;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/**
 * No two segments share draws by accident. A function that has an inverse never gives the same for
 * two arguments, so both halves of the key are inverted: the draws of a run tell their place, and
 * the text under the run's hash tells seed, dataset and policy. Between the halves stands SHA-256,
 * cut to 128 bits: that two runs have different keys is its promise, not a theorem.
 */
class MaskKeyTest {
  private static final Draws.Key KEY = new Draws.Key(0x0123456789ABCDEFL, 0xFEDCBA9876543210L);

  record Place(int epoch, int partition, long sequence) {}

  interface Places {
    Draws draws(Place place);
  }

  private static Place placeOf(Draws draws) {
    long[] place = DrawsTest.inverse(KEY, draws);
    return new Place((int) (place[0] >> 32), (int) place[0], place[1]);
  }

  @Property
  void theDrawsOfARunTellTheirPlace(
      @ForAll @IntRange(min = -1, max = Integer.MAX_VALUE) int epoch,
      @ForAll @IntRange(min = 0, max = Integer.MAX_VALUE) int partition,
      @ForAll @LongRange(min = 0) long sequence) {
    Place place = new Place(epoch, partition, sequence);
    requireInverse(place, p -> Masker.draws(KEY, p.epoch, p.partition, p.sequence));
  }

  private static void requireInverse(Place place, Places places) {
    assertThat(placeOf(places.draws(place))).isEqualTo(place);
  }

  /** Ways to join the three that lose something. */
  @Test
  void aKeyThatIsNoBijectionIsCaught() {
    Map<Place, Places> broken =
        Map.of(
            new Place(3, 4, 5), p -> KEY.draws(p.epoch << 16 | p.partition, p.sequence),
            new Place(3, 1 << 20, 6),
                p -> KEY.draws((long) p.epoch << 20 | p.partition, p.sequence),
            new Place(3, 4, 7),
                p -> KEY.draws((long) p.epoch << 32 | p.partition, (int) -p.sequence),
            new Place(3, 4, 8), p -> KEY.draws(0, p.epoch * 31L + p.partition + p.sequence));
    broken.forEach(
        (place, places) ->
            assertThatThrownBy(() -> requireInverse(place, places))
                .isInstanceOf(AssertionError.class));
  }

  /** What the masker draws from is what is inverted above. */
  @Property
  void theMaskerUsesThatKey(
      @ForAll @IntRange(min = -1, max = 100) int epoch,
      @ForAll @IntRange(min = 0, max = 100) int partition,
      @ForAll @LongRange(min = 0) long sequence) {
    MaskingPolicy all = new MaskingPolicy(Kind.DYNAMIC, 1, Selection.EXACT, 1, 0, 1, false, false);
    int size = 1 << 20;
    Masked masked = new Masker(1, "d", all, size).mask(epoch, partition, sequence, new int[] {9});
    Draws draws =
        Masker.draws(Draws.Key.of(Masker.keyText(1, "d", all)), epoch, partition, sequence);
    assertThat(masked.inputs())
        .containsExactly(4 + Draws.below(size - 5, draws.draw((1L << 32) + 1)));
  }

  private static final Pattern TEXT =
      Pattern.compile(
          "remask-mask-1\n(?<seed>-?\\d+)\n(?<dataset>[^\n]*)\nkind=(?<kind>dynamic|static/(?<copies>\\d+));"
              + "selection=(?<selection>exact|bernoulli);probability=(?<p>\\d+);mask=(?<mask>\\d+);"
              + "random=(?<random>\\d+);whole-word=(?<words>true|false);specials=(?<specials>true|false)");

  /** Every field comes back, shares as exactly as masks know them; copies only if they count. */
  @Property
  void theTextOfARunTellsSeedDatasetAndPolicy(
      @ForAll long seed, @ForAll("datasets") String dataset, @ForAll("policies") MaskingPolicy p) {
    Matcher text = TEXT.matcher(Masker.keyText(seed, dataset, p));
    assertThat(text.matches()).isTrue();
    assertThat(Long.parseLong(text.group("seed"))).isEqualTo(seed);
    assertThat(text.group("dataset")).isEqualTo(dataset);
    boolean isStatic = p.kind() == Kind.STATIC;
    assertThat(text.group("copies")).isEqualTo(isStatic ? "" + p.copies() : null);
    assertThat(text.group("selection")).isEqualToIgnoringCase(p.selection().name());
    assertThat(Long.parseLong(text.group("p"))).isEqualTo(Math.round(p.probability() * 0x1p32));
    assertThat(Long.parseLong(text.group("mask"))).isEqualTo(Math.round(p.maskShare() * 0x1p32));
    assertThat(Long.parseLong(text.group("random")))
        .isEqualTo(Math.round(p.randomShare() * 0x1p32));
    assertThat(Boolean.parseBoolean(text.group("words"))).isEqualTo(p.wholeWord());
    assertThat(Boolean.parseBoolean(text.group("specials"))).isEqualTo(p.fairseqCompatible());
  }

  /** Names that try to be a policy or another line. */
  @Provide
  Arbitrary<String> datasets() {
    return Arbitraries.oneOf(
        Arbitraries.strings().filter(name -> name.indexOf('\n') < 0),
        Arbitraries.of(
            "", "books", "1", "kind=dynamic", "a;b=c", MaskingPolicy.ROBERTA.canonical()));
  }

  @Provide
  Arbitrary<MaskingPolicy> policies() {
    return Arbitraries.randomValue(
        random -> {
          double mask = random.nextDouble();
          return new MaskingPolicy(
              random.nextBoolean() ? Kind.DYNAMIC : Kind.STATIC,
              1 + random.nextInt(1000),
              random.nextBoolean() ? Selection.EXACT : Selection.BERNOULLI,
              1 - random.nextDouble(),
              mask,
              (1 - mask) * random.nextDouble(),
              random.nextBoolean(),
              random.nextBoolean());
        });
  }
}
