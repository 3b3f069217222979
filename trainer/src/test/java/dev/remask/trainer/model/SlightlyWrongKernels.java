package dev.remask.trainer.model;

/** Faults of the kind that is made: a forgotten term, a row too few, a constant slightly off. */
final class SlightlyWrongKernels extends ScalarKernels {
  @Override
  public void gelu(Floats x, Floats bias, Floats slope, int rows, int width) {
    super.gelu(x, bias, slope, rows, width);
    slope.set(1, slope.get(1) + 1e-5f);
  }

  @Override
  public void sumColumns(Floats x, Floats sums, int first, int rows, int width) {
    super.sumColumns(x, sums, first, rows - 1, width);
  }

  @Override
  public void drop(
      Dropout.Mask mask, Floats x, int from, Floats y, int to, int rows, int width, int stride) {
    super.drop(mask, x, from, y, to, rows, width + 1, stride);
  }

  @Override
  public void addResidual(
      Dropout.Mask mask, Floats bias, Floats residual, Floats x, int at, int rows, int width) {
    super.addResidual(Dropout.NONE.mask(0, 0), bias, residual, x, at, rows, width);
  }

  @Override
  public void tanh(Floats x, int count) {
    super.tanh(x, count - 1);
  }

  @Override
  public void tanhBackward(Floats d, Floats y, int count) {
    super.tanhBackward(d, y, count);
    scale(d, 0, count, 1.00001f);
  }

  @Override
  public void layerNorm(
      Floats x, Floats scale, Floats gain, Floats shift, Floats y, int first, int rows, int width) {
    super.layerNorm(x, scale, gain, shift, y, first, rows, width);
    scale(y, first * width, rows * width, 1.00002f);
  }

  @Override
  public void layerNormBackward(
      Floats d,
      Floats normalized,
      Floats scale,
      Floats gain,
      Floats gainGradient,
      Floats shiftGradient,
      int rows,
      int width) {
    super.layerNormBackward(
        d, normalized, scale, gain, gainGradient, shiftGradient, rows - 1, width);
  }

  @Override
  public void softmaxBackward(
      Floats p, int at, Floats used, int usedAt, Floats d, int rows, int width, int stride) {
    for (int i = 0; i < rows * stride; i++) {
      d.set(i, d.get(i) * used.get(usedAt + i));
    }
  }

  @Override
  public float exponentials(Floats x, int at, int width, float max) {
    return 1.00001f * super.exponentials(x, at, width, max);
  }

  @Override
  public void adamW(Floats p, Floats m, Floats v, Floats g, int from, int to, AdamW.Update u) {
    super.adamW(p, m, v, g, from, to - 1, u);
  }
}
