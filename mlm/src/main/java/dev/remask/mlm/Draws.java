package dev.remask.mlm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Random draws as a function of their index: 64 bits each, in any order, none remembered.
 * MASKING.md specifies them with golden vectors.
 */
record Draws(long s, long g) {
  /** 2^64 over the golden ratio, odd. */
  static final long PHI = 0x9E3779B97F4A7C15L;

  private static final int ROUNDS = 4;

  /** The key of a run, for one purpose. */
  record Key(long k0, long k1) {
    /** The first 16 bytes of SHA-256 over the UTF-8 text, as two little-endian words. */
    static Key of(String text) {
      byte[] digest = Digests.sha256().digest(text.getBytes(StandardCharsets.UTF_8));
      ByteBuffer words = ByteBuffer.wrap(digest).order(ByteOrder.LITTLE_ENDIAN);
      return new Key(words.getLong(), words.getLong());
    }

    /**
     * The draws of a place (a, b). A Feistel network over the 128 bits, so different places have
     * different (s, g).
     */
    Draws draws(long a, long b) {
      long left = a;
      long right = b;
      for (int round = 0; round < ROUNDS; round++) {
        long mixed = left ^ mix64(right + ((round & 1) == 0 ? k0 : k1) + round * PHI);
        left = right;
        right = mixed;
      }
      return new Draws(left, right);
    }
  }

  /**
   * Draw i. For equal g, different s give different draws at every i, since both steps around s are
   * bijections.
   */
  long draw(long i) {
    return mix64(s ^ mix64(g + i * PHI));
  }

  /** SplitMix64's finalizer (Stafford's mix 13), a bijection. */
  static long mix64(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** A draw's high 32 bits as an index below a bound of at most 2^31, by multiply and shift. */
  static int below(int bound, long draw) {
    return (int) (((draw >>> 32) * bound) >>> 32);
  }
}
