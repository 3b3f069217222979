package dev.remask.trainer.model;

/** Word + position + type embedding, LayerNorm, dropout. */
final class Embeddings {
  private static final int SITE = 0;

  private final Kernels kernels;
  private final int hidden;
  private final Parameters weights;
  private final Parameters gradients;
  private final Floats normalized; // [N, H]
  private final Floats scale; // [N]
  private final Floats out; // [N, H]

  Embeddings(Worker.Context context) {
    this.kernels = context.kernels();
    this.hidden = context.shape().hidden();
    this.weights = context.weights();
    this.gradients = context.gradients();
    this.normalized = context.rows(hidden);
    this.scale = context.rows(1);
    this.out = context.rows(hidden);
  }

  /** {@code [N, H]}, of the last forward pass. */
  Floats out() {
    return out;
  }

  /** To {@code [N, H]}, valid until the next call. */
  Floats forward(MicroBatch batch) {
    int n = batch.size();
    for (int p = 0; p < batch.parts(); p++) {
      normalized.fillRows(batch.part(p), weights.types().get(p & 1), batch.partLength(p));
    }
    for (int s = 0; s < batch.sequences(); s++) {
      for (int i = batch.start(s); i < batch.start(s + 1); i++) {
        kernels.add(weights.words(), word(batch, i), normalized, i * hidden, hidden);
      }
      kernels.add(
          weights.positions(),
          Layout.FIRST_POSITION * hidden,
          normalized,
          batch.start(s) * hidden,
          batch.length(s) * hidden);
    }
    Parameters.Norm norm = weights.embeddingNorm();
    kernels.layerNorm(normalized, scale, norm.gain(), norm.shift(), out, 0, n, hidden);
    drop(batch, out);
    return out;
  }

  private void drop(MicroBatch batch, Floats x) {
    for (int s = 0; batch.hasDropout() && s < batch.sequences(); s++) {
      int at = batch.start(s) * hidden;
      kernels.drop(batch.mask(s, SITE), x, at, x, at, batch.length(s), hidden, hidden);
    }
  }

  private int word(MicroBatch batch, int row) {
    return batch.token(row) * hidden;
  }

  /** Takes the gradient of the output, which it overwrites. */
  void backward(MicroBatch batch, Floats d) {
    int n = batch.size();
    drop(batch, d);
    Parameters.Norm norm = gradients.embeddingNorm();
    kernels.layerNormBackward(
        d, normalized, scale, weights.embeddingNorm().gain(), norm.gain(), norm.shift(), n, hidden);
    for (int p = 0; p < batch.parts(); p++) {
      Floats type = gradients.types().get(p & 1);
      kernels.sumColumns(d, type, batch.part(p), batch.partLength(p), hidden);
    }
    for (int s = 0; s < batch.sequences(); s++) {
      kernels.add(
          d,
          batch.start(s) * hidden,
          gradients.positions(),
          Layout.FIRST_POSITION * hidden,
          batch.length(s) * hidden);
      for (int i = batch.start(s); i < batch.start(s + 1); i++) {
        kernels.add(d, i * hidden, gradients.words(), word(batch, i), hidden);
      }
    }
  }
}
