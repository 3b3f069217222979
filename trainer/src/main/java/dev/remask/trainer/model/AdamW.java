package dev.remask.trainer.model;

/**
 * AdamW (Loshchilov and Hutter 2019) with bias correction and clipping by the global norm.
 *
 * @param decay decoupled weight decay, not applied to biases and LayerNorm
 * @param clip largest norm of the mean gradient; 0 for no clipping
 */
public record AdamW(double beta1, double beta2, double epsilon, double decay, double clip) {
  /** RoBERTa's, with the clipping that BERT has. */
  public static final AdamW ROBERTA = new AdamW(0.9, 0.98, 1e-6, 0.01, 1.0);

  public AdamW {
    require(beta1 >= 0 && beta1 < 1, "beta1", beta1, "[0, 1)");
    require(beta2 >= 0 && beta2 < 1, "beta2", beta2, "[0, 1)");
    require(epsilon > 0 && epsilon < 1, "epsilon", epsilon, "(0, 1)");
    require(decay >= 0 && decay < 1, "decay", decay, "[0, 1)");
    require(clip >= 0 && clip < Double.POSITIVE_INFINITY, "clip", clip, "0 (off) or more");
  }

  private static void require(boolean holds, String name, double value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(name + " = " + value + "; allowed: " + allowed);
    }
  }

  /**
   * The constants of one step, the same for every element:
   *
   * <pre>
   * g = gradientScale · g        m = beta1 · m + (1 - beta1) · g      v = beta2 · v + (1 - beta2) · g²
   * p = keep · p - rate · m / (rootScale · √v + epsilon)
   * </pre>
   */
  record Update(
      float gradientScale,
      float beta1,
      float oneMinusBeta1,
      float beta2,
      float oneMinusBeta2,
      float keep,
      float rate,
      float rootScale,
      float epsilon) {}

  /**
   * @param norm of the mean gradient
   * @param divisor what turns the summed gradient into the mean
   */
  Update update(double learningRate, long step, double norm, double divisor, boolean decayed) {
    double clipping = clip > 0 && norm > clip ? clip / norm : 1;
    return new Update(
        (float) (clipping / divisor),
        (float) beta1,
        (float) (1 - beta1),
        (float) beta2,
        (float) (1 - beta2),
        (float) (decayed ? 1 - learningRate * decay : 1),
        (float) (learningRate / (1 - StrictMath.pow(beta1, (double) step))),
        (float) (1 / StrictMath.sqrt(1 - StrictMath.pow(beta2, (double) step))),
        (float) epsilon);
  }
}
