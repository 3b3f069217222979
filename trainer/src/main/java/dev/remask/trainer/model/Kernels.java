package dev.remask.trainer.model;

/**
 * What happens between the matrix products. Matrices are row-major and dense unless a stride is
 * given. Every implementation fixes the order of each sum, so the same input gives the same bits;
 * between implementations they agree to rounding. Stateless and thread-safe.
 */
interface Kernels {
  /** Rows of attention scores are padded to a multiple of this. */
  int ROW_MULTIPLE = 16;

  /**
   * Raised by whatever changes the bits of a result, in any implementation: it is part of the
   * fingerprint, so that steps of an earlier revision are known to be such.
   */
  int REVISION = 2;

  /** Implementation and width, as the fingerprint names it. */
  String name();

  /** {@code y[to ...] += x[from ...]}. */
  void add(Floats x, int from, Floats y, int to, int count);

  /** {@code sums[w] += Σ over rows of x[r, w]}, the rows from {@code first} on. */
  void sumColumns(Floats x, Floats sums, int first, int rows, int width);

  /**
   * {@code y[to + r · stride + i] = x[from + r · stride + i] · mask(r · width + i)}; x and y may be
   * the same. What lies between width and stride is finite afterwards if it was, and has no
   * meaning. Stride is width or a multiple of {@link #ROW_MULTIPLE}.
   */
  void drop(
      Dropout.Mask mask, Floats x, int from, Floats y, int to, int rows, int width, int stride);

  /** {@code x = (x + bias) ∘ mask + residual} on the rows at {@code at}, of both. */
  void addResidual(
      Dropout.Mask mask, Floats bias, Floats residual, Floats x, int at, int rows, int width);

  /**
   * The exact (erf) GELU of {@code z = x + bias}: {@code z · Φ(z)} in place of x, and {@code slope
   * = Φ(z) + z · φ(z)}.
   */
  void gelu(Floats x, Floats bias, Floats slope, int rows, int width);

  /** {@code d = d ∘ slope}, and {@code sums[w] += Σ over rows of d[r, w]}. */
  void geluBackward(Floats d, Floats slope, Floats sums, int rows, int width);

  /** Hyperbolic tangent, in place, of the first {@code count}. */
  void tanh(Floats x, int count);

  /** In place of d, from the gradient of {@code y = tanh(x)} to that of x. */
  void tanhBackward(Floats d, Floats y, int count);

  /**
   * {@code y = gain · (x - mean) / √(variance + ε) + shift} for the rows from {@code first} on; x
   * becomes the normalized row and {@code scale[r]} the inverse deviation.
   */
  void layerNorm(
      Floats x, Floats scale, Floats gain, Floats shift, Floats y, int first, int rows, int width);

  /**
   * In place of d, from the gradient of y to that of x; adds to the gradients of gain and shift.
   */
  void layerNormBackward(
      Floats d,
      Floats normalized,
      Floats scale,
      Floats gain,
      Floats gainGradient,
      Floats shiftGradient,
      int rows,
      int width);

  /**
   * Softmax of each row of {@code x[at ...]}, in place. Stride and start are multiples of {@link
   * #ROW_MULTIPLE}; what lies between width and stride is finite afterwards, and has no meaning.
   */
  void softmax(Floats x, int at, int rows, int width, int stride);

  /**
   * From the gradient of {@code used = p ∘ mask} to that of the scores, in place of d: {@code used
   * ∘ d - p · Σ used ∘ d} for each row. p starts at {@code at}, used at {@code usedAt}, d at 0;
   * strides and starts as above.
   */
  void softmaxBackward(
      Floats p, int at, Floats used, int usedAt, Floats d, int rows, int width, int stride);

  /** The largest of a row. */
  float max(Floats x, int at, int width);

  /** {@code x = exp(x - max)} in place; returns their sum. */
  float exponentials(Floats x, int at, int width, float max);

  /** {@code x *= factor}. */
  void scale(Floats x, int at, int width, float factor);

  double sumOfSquares(Floats x, int from, int to);

  /** AdamW on the elements from, from + 1 ... to - 1. */
  void adamW(Floats p, Floats m, Floats v, Floats g, int from, int to, AdamW.Update update);

  /** The fastest kernels that this Java can run. */
  static Kernels fastest() {
    return KernelChoice.FASTEST;
  }
}
