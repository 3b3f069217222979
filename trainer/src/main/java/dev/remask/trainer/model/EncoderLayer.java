package dev.remask.trainer.model;

import dev.remask.trainer.ModelShape;

/**
 * One post-LN transformer layer: attention and a feed-forward part, each followed by dropout, the
 * residual addition and LayerNorm. Keeps what the backward pass needs.
 */
final class EncoderLayer {
  private final Kernels kernels;
  private final int hidden;
  private final int feedForward;
  private final int site;
  private final Parameters.Layer weights;
  private final Parameters.Layer gradients;
  private final Attention attention;
  private final Floats qkv; // [N, 3H]
  private final Floats mixed; // [N, H], the attention's result
  private final Floats attended; // [N, H], normalized
  private final Floats attendedScale; // [N]
  private final Floats attentionOut; // [N, H]
  private final Floats inner; // [N, F], after GELU
  private final Floats slope; // [N, F]
  private final Floats normalized; // [N, H]
  private final Floats scale; // [N]
  private final Floats out; // [N, H]
  private final Scratch scratch;

  /** What the backward passes of all layers share. */
  record Scratch(Floats qkv, Floats inner, Floats mixed, Floats branch) {
    static Scratch of(Worker.Context context) {
      ModelShape shape = context.shape();
      return new Scratch(
          context.rows(3 * shape.hidden()),
          context.rows(shape.feedForward()),
          context.rows(shape.hidden()),
          context.rows(shape.hidden()));
    }
  }

  EncoderLayer(Worker.Context context, int layer, Scratch scratch) {
    ModelShape shape = context.shape();
    this.kernels = context.kernels();
    this.hidden = shape.hidden();
    this.feedForward = shape.feedForward();
    this.site = 1 + layer * (shape.heads() + 2);
    this.weights = context.weights().layers().get(layer);
    this.gradients = context.gradients().layers().get(layer);
    this.scratch = scratch;
    this.qkv = context.rows(3 * hidden);
    this.mixed = context.rows(hidden);
    this.attended = context.rows(hidden);
    this.attendedScale = context.rows(1);
    this.attentionOut = context.rows(hidden);
    this.inner = context.rows(feedForward);
    this.slope = context.rows(feedForward);
    this.normalized = context.rows(hidden);
    this.scale = context.rows(1);
    this.out = context.rows(hidden);
    this.attention = new Attention(context, qkv, site + 2);
  }

  /** {@code [N, H]}, of the last forward pass. */
  Floats out() {
    return out;
  }

  /** {@code [N, H]} to {@code [N, H]}; the result is valid until the next call. */
  Floats forward(MicroBatch batch, Floats input) {
    int n = batch.size();
    weights.qkv().forward(input, qkv, n);
    attention.forward(batch, mixed);
    weights.attentionOutput().multiply(mixed, attended, n);
    residualNorm(
        batch,
        site,
        weights.attentionOutput(),
        input,
        attended,
        weights.attentionNorm(),
        attendedScale,
        attentionOut);
    weights.inner().multiply(attentionOut, inner, n);
    kernels.gelu(inner, weights.inner().bias(), slope, n, feedForward);
    weights.outer().multiply(inner, normalized, n);
    residualNorm(
        batch, site + 1, weights.outer(), attentionOut, normalized, weights.norm(), scale, out);
    return out;
  }

  /** A product of its size in memory that the backward pass writes before it reads. */
  void multiply(int rows) {
    weights.inner().multiply(scratch.branch(), scratch.inner(), rows);
  }

  /** Bias, dropout, residual addition and LayerNorm, one sequence after another in the cache. */
  private void residualNorm(
      MicroBatch batch,
      int site,
      Dense branch,
      Floats residual,
      Floats x,
      Parameters.Norm norm,
      Floats scale,
      Floats y) {
    for (int s = 0; s < batch.sequences(); s++) {
      int first = batch.start(s);
      int rows = batch.length(s);
      kernels.addResidual(
          batch.mask(s, site), branch.bias(), residual, x, first * hidden, rows, hidden);
      kernels.layerNorm(x, scale, norm.gain(), norm.shift(), y, first, rows, hidden);
    }
  }

  /** Turns the gradient of the output, d, into that of the input, and adds to the weights'. */
  void backward(MicroBatch batch, Floats input, Floats d) {
    feedForwardBackward(batch, d);
    attentionBackward(batch, input, d);
  }

  private void feedForwardBackward(MicroBatch batch, Floats d) {
    int n = batch.size();
    kernels.layerNormBackward(
        d,
        normalized,
        scale,
        weights.norm().gain(),
        gradients.norm().gain(),
        gradients.norm().shift(),
        n,
        hidden);
    Floats branch = branch(batch, d, site + 1);
    gradients.outer().accumulate(branch, inner, n, kernels);
    weights.outer().backward(branch, scratch.inner(), n, 0);
    kernels.geluBackward(scratch.inner(), slope, gradients.inner().bias(), n, feedForward);
    gradients.inner().accumulateWeight(scratch.inner(), attentionOut, n);
    weights.inner().backward(scratch.inner(), d, n, 1);
  }

  private void attentionBackward(MicroBatch batch, Floats input, Floats d) {
    int n = batch.size();
    kernels.layerNormBackward(
        d,
        attended,
        attendedScale,
        weights.attentionNorm().gain(),
        gradients.attentionNorm().gain(),
        gradients.attentionNorm().shift(),
        n,
        hidden);
    Floats branch = branch(batch, d, site);
    gradients.attentionOutput().accumulate(branch, mixed, n, kernels);
    weights.attentionOutput().backward(branch, scratch.mixed(), n, 0);
    attention.backward(batch, scratch.mixed(), scratch.qkv());
    gradients.qkv().accumulate(scratch.qkv(), input, n, kernels);
    weights.qkv().backward(scratch.qkv(), d, n, 1);
  }

  /** The gradient that enters a branch whose result was dropped out and added to its input. */
  private Floats branch(MicroBatch batch, Floats d, int site) {
    if (!batch.hasDropout()) {
      return d;
    }
    for (int s = 0; s < batch.sequences(); s++) {
      int at = batch.start(s) * hidden;
      kernels.drop(
          batch.mask(s, site), d, at, scratch.branch(), at, batch.length(s), hidden, hidden);
    }
    return scratch.branch();
  }
}
