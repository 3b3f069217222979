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
    weights.attentionOutput().forward(mixed, attended, n);
    batch.dropout().apply(attended, hidden, batch, site);
    kernels.add(input, 0, attended, 0, n * hidden);
    norm(weights.attentionNorm(), attended, attendedScale, attentionOut, n);
    weights.inner().forward(attentionOut, inner, n);
    kernels.gelu(inner, slope, n * feedForward);
    weights.outer().forward(inner, normalized, n);
    batch.dropout().apply(normalized, hidden, batch, site + 1);
    kernels.add(attentionOut, 0, normalized, 0, n * hidden);
    norm(weights.norm(), normalized, scale, out, n);
    return out;
  }

  private void norm(Parameters.Norm norm, Floats x, Floats scale, Floats y, int n) {
    kernels.layerNorm(x, scale, norm.gain(), norm.shift(), y, n, hidden);
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
    kernels.multiply(slope, scratch.inner(), n * feedForward);
    gradients.inner().accumulate(scratch.inner(), attentionOut, n, kernels);
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
    if (!batch.dropout().isActive()) {
      return d;
    }
    scratch.branch().copy(0, d, 0, batch.size() * hidden);
    batch.dropout().apply(scratch.branch(), hidden, batch, site);
    return scratch.branch();
  }
}
