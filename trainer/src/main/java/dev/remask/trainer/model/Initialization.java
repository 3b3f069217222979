package dev.remask.trainer.model;

/**
 * How parameters start. Biases and the only type embedding start at 0, LayerNorm gains at 1.
 *
 * @param attentionStd standard deviation of the query, key and value matrices
 * @param std of the other matrices and the embeddings
 * @param positionAmplitude of the sinusoids the position table starts with; 0 for normal deviates
 */
public record Initialization(double attentionStd, double std, double positionAmplitude) {
  /** RoBERTa's. */
  public static final Initialization ROBERTA = new Initialization(0.02, 0.02, 0);

  /**
   * For small models and runs of minutes. With the plain start their attention is uniform and blind
   * to positions for thousands of steps; sinusoids and larger deviations together break that.
   */
  public static final Initialization SHORT_RUN = new Initialization(0.12, 0.05, 0.1);

  private static final double SLOWEST = 10_000;

  public Initialization {
    require(attentionStd, "attentionStd");
    require(std, "std");
    require(positionAmplitude, "positionAmplitude");
  }

  private static void require(double value, String name) {
    if (!(value >= 0 && value <= 10)) {
      throw new IllegalArgumentException(name + " = " + value + "; allowed: [0, 10]");
    }
  }

  /** Fills a flat vector of zeros; each tensor has its own stream of the seed. */
  void fill(Floats flat, Layout layout, long seed) {
    int stream = 0;
    for (Layout.Tensor tensor : layout.tensors()) {
      fill(flat.slice(tensor.offset(), tensor.length()), tensor, new SplitMix64(seed, stream++));
    }
  }

  private void fill(Floats values, Layout.Tensor tensor, SplitMix64 random) {
    if (tensor.shape().size() == 1) {
      boolean gain = tensor.name().endsWith("orm.weight");
      for (int i = 0; i < values.length; i++) {
        values.set(i, gain ? 1 : 0);
      }
    } else if (tensor.name().equals(Layout.POSITIONS)) {
      positions(values, tensor.shape().get(1), random);
    } else if (!tensor.name().equals(Layout.TYPES) || tensor.shape().get(0) > 1) {
      double deviation = tensor.name().contains(".self.") ? attentionStd : std;
      for (int i = 0; i < values.length; i++) {
        values.set(i, (float) (deviation * random.gaussian()));
      }
    }
  }

  /** Row FIRST_POSITION + t is position t; the rows before are never read and stay 0. */
  private void positions(Floats values, int hidden, SplitMix64 random) {
    for (int i = Layout.FIRST_POSITION * hidden; i < values.length; i++) {
      int t = i / hidden - Layout.FIRST_POSITION;
      values.set(
          i,
          (float) (positionAmplitude > 0 ? wave(t, i % hidden, hidden) : std * random.gaussian()));
    }
  }

  /** Vaswani et al. (2017) §3.5, times the amplitude. */
  private double wave(int t, int i, int hidden) {
    double angle = t / StrictMath.pow(SLOWEST, (double) (i & ~1) / hidden);
    return positionAmplitude * ((i & 1) == 0 ? StrictMath.sin(angle) : StrictMath.cos(angle));
  }
}
