package dev.remask.trainer.model;

/**
 * Dropout whose mask is a pure function of run seed, step, example, site and element, so that it
 * depends neither on the thread nor on how a logical batch is cut. Forward and backward are the
 * same operation.
 *
 * @param rate probability that an element becomes 0; the others grow by 1 / (1 - rate)
 */
record Dropout(double rate, long seed) {
  Dropout {
    if (!(rate >= 0 && rate < 1)) {
      throw new IllegalArgumentException("dropout = " + rate + "; allowed: [0, 1)");
    }
  }

  /** Where no dropout is wanted. */
  static final Dropout NONE = new Dropout(0, 0);

  /**
   * The mask of one example at one site: a hash of the element's number, keyed by 64 bits. It is
   * the 32-bit mixer of Wellons (hash-prospector's "lowbias32") without its last shift, which the
   * compared high bits do not feel; 32 bits, because processors multiply as many of them at once.
   *
   * @param start added to the number
   * @param key mixed in between the two multiplications
   * @param below of 2³¹ equally likely values, those that drop their element
   * @param scale of the elements that stay
   */
  record Mask(int start, int key, int below, float scale) {
    static final int FIRST_FACTOR = 0x7feb352d;
    static final int SECOND_FACTOR = 0x846ca68b;
    static final int FIRST_SHIFT = 16;
    static final int SECOND_SHIFT = 15;

    /** What an element is multiplied with: 0 or the scale. */
    float factor(int element) {
      int x = element + start;
      x = (x ^ (x >>> FIRST_SHIFT)) * FIRST_FACTOR;
      x = (x ^ (x >>> SECOND_SHIFT) ^ key) * SECOND_FACTOR;
      return (x >>> 1) < below ? 0 : scale;
    }

    /** Whether no element is dropped. */
    boolean keepsAll() {
      return below == 0;
    }
  }

  boolean isActive() {
    return rate > 0;
  }

  /** The key of one example in one step. */
  long key(long step, int epoch, int partition, long sequence) {
    long key = SplitMix64.mix(seed + SplitMix64.GOLDEN_GAMMA);
    for (long part : new long[] {step, epoch, partition, sequence}) {
      key = SplitMix64.mix(key ^ part) + SplitMix64.GOLDEN_GAMMA;
    }
    return key;
  }

  /** {@code key} is that of the example; elements are numbered row by row. */
  Mask mask(long key, int site) {
    long stream = SplitMix64.mix(key + site * SplitMix64.GOLDEN_GAMMA);
    return new Mask(
        (int) stream,
        (int) (stream >>> 32),
        (int) Math.min(Integer.MAX_VALUE, Math.round(rate * 0x1p31)),
        (float) (1 / (1 - rate)));
  }
}
