package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class DrawsTest {
  @Property
  void theFeistelNetworkHasAnInverse(
      @ForAll long k0, @ForAll long k1, @ForAll long a, @ForAll long b) {
    Draws.Key key = new Draws.Key(k0, k1);
    assertThat(inverse(key, key.draws(a, b))).containsExactly(a, b);
  }

  /** The place (a, b) of some draws. */
  static long[] inverse(Draws.Key key, Draws draws) {
    long left = draws.s();
    long right = draws.g();
    for (int round = 3; round >= 0; round--) {
      long k = round % 2 == 0 ? key.k0() : key.k1();
      long before = right ^ Draws.mix64(left + k + round * Draws.PHI);
      right = left;
      left = before;
    }
    return new long[] {left, right};
  }

  @Property
  void mix64HasAnInverse(@ForAll long z) {
    long y = Draws.mix64(z);
    y = unshift(y, 31) * inverse(0x94D049BB133111EBL);
    y = unshift(y, 27) * inverse(0xBF58476D1CE4E5B9L);
    assertThat(unshift(y, 30)).isEqualTo(z);
  }

  private static long unshift(long z, int by) {
    long x = z;
    for (int i = 0; i < 64 / by; i++) {
      x = z ^ (x >>> by);
    }
    return x;
  }

  private static long inverse(long odd) {
    BigInteger modulus = BigInteger.ONE.shiftLeft(64);
    return new BigInteger(Long.toUnsignedString(odd)).modInverse(modulus).longValue();
  }

  @Property
  void drawsOfEqualGDifferWhereverSDiffers(
      @ForAll long s, @ForAll long t, @ForAll long g, @ForAll long i) {
    assertThat(new Draws(s, g).draw(i) == new Draws(t, g).draw(i)).isEqualTo(s == t);
  }

  @Property
  void anIndexIsBelowItsBound(@ForAll long draw, @ForAll int any) {
    int bound = any == 0 ? 1 : Math.abs(any == Integer.MIN_VALUE ? 1 : any);
    BigInteger high = BigInteger.valueOf(draw >>> 32);
    assertThat(Draws.below(bound, draw))
        .isEqualTo(high.multiply(BigInteger.valueOf(bound)).shiftRight(32).intValueExact())
        .isBetween(0, bound - 1);
  }

  /** The first outputs of SplitMix64 seeded with 0, from its published reference. */
  @Test
  void mix64IsSplitMix64sFinalizer() {
    long state = 0;
    for (long output : new long[] {0xE220A8397B1DCDAFL, 0x6E789E6AA1B965F4L, 0x06C45D188009454FL}) {
      state += Draws.PHI;
      assertThat(Draws.mix64(state)).isEqualTo(output);
    }
  }

  /** SHA-256("abc") starts ba7816bf 8f01cfea 414140de 5dae2223. */
  @Test
  void aKeyIsTheStartOfTheHash() {
    assertThat(Draws.Key.of("abc"))
        .isEqualTo(new Draws.Key(0xEACF018FBF1678BAL, 0x2322AE5DDE404141L));
  }
}
