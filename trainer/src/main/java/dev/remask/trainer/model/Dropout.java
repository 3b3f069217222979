package dev.remask.trainer.model;

/**
 * Dropout whose mask is a pure function of run seed, step, example, site and element, so that it
 * depends neither on the thread nor on how a logical batch is cut. Forward and backward are the
 * same operation.
 *
 * @param rate probability that an element becomes 0; the others grow by 1 / (1 - rate)
 */
record Dropout(double rate, long seed) {
  /** Where no dropout is wanted. */
  static final Dropout NONE = new Dropout(0, 0);

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

  /** What an element is multiplied with: 0 or 1 / (1 - rate). */
  float factor(long key, int site, int element) {
    long stream = SplitMix64.mix(key + site * SplitMix64.GOLDEN_GAMMA);
    long bits = SplitMix64.mix(stream + element * SplitMix64.GOLDEN_GAMMA);
    return (bits >>> 11) * 0x1p-53 < rate ? 0 : (float) (1 / (1 - rate));
  }

  /** Applies the mask of one example and site to a matrix at {@code x[at ...]}. */
  void apply(Floats x, int at, int rows, int width, int stride, long key, int site) {
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < width; i++) {
        int index = at + r * stride + i;
        x.set(index, x.get(index) * factor(key, site, r * width + i));
      }
    }
  }

  /** Applies the masks of a site to {@code x[N, width]}. */
  void apply(Floats x, int width, MicroBatch batch, int site) {
    if (!isActive()) {
      return;
    }
    for (int s = 0; s < batch.sequences(); s++) {
      apply(x, batch.start(s) * width, batch.length(s), width, width, batch.key(s), site);
    }
  }
}
