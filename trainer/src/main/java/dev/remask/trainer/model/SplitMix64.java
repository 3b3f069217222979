package dev.remask.trainer.model;

/** The generator of Steele, Lea and Flood (2014), with normal deviates by Box and Muller. */
final class SplitMix64 {
  static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private long state;
  private double spare = Double.NaN;

  /** Each stream of a seed is a sequence of its own. */
  SplitMix64(long seed, long stream) {
    this.state = mix(mix(seed + GOLDEN_GAMMA) ^ stream);
  }

  static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    long b = (a ^ (a >>> 27)) * 0x94d049bb133111ebL;
    return b ^ (b >>> 31);
  }

  long next() {
    state += GOLDEN_GAMMA;
    return mix(state);
  }

  /** In (0, 1). */
  private double uniform() {
    return ((next() >>> 12) + 0.5) * 0x1p-52;
  }

  /** Standard normal; StrictMath, so that every Java draws the same. */
  double gaussian() {
    if (!Double.isNaN(spare)) {
      double value = spare;
      spare = Double.NaN;
      return value;
    }
    double radius = StrictMath.sqrt(-2 * StrictMath.log(uniform()));
    double angle = 2 * StrictMath.PI * uniform();
    spare = radius * StrictMath.sin(angle);
    return radius * StrictMath.cos(angle);
  }
}
