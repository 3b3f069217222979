package dev.remask.trainer.model;

import dev.remask.trainer.ModelShape;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Multi-head self-attention between the projections: each sequence over its own length, each head
 * in place, by its column range of the fused {@code [N, 3H]} buffers.
 */
final class Attention {
  private final Kernels kernels;
  private final int site;
  private final int heads;
  private final int hidden;
  private final int size; // columns of a head, D
  private final int slot; // floats kept for a head of a sequence
  private final Floats query;
  private final Floats key;
  private final Floats value;
  private final Floats probabilities;
  private final Floats scratch;
  private final Floats scratchGradient;

  /**
   * @param qkv the projections, {@code [N, 3H]}
   * @param site of the dropout on head 0; the other heads follow
   */
  Attention(Worker.Context context, Floats qkv, int site) {
    ModelShape shape = context.shape();
    this.kernels = context.kernels();
    this.site = site;
    this.heads = shape.heads();
    this.hidden = shape.hidden();
    this.size = hidden / heads;
    this.slot = slotFloats(shape);
    this.query = columns(qkv, 0);
    this.key = columns(qkv, 1);
    this.value = columns(qkv, 2);
    this.probabilities = context.floats((long) context.sequences() * heads * slot);
    this.scratch = context.floats(slot);
    this.scratchGradient = context.floats(slot);
  }

  /** From one of the three column blocks on. */
  private Floats columns(Floats qkv, int block) {
    return qkv.slice(block * hidden, qkv.length - block * hidden);
  }

  private static int slotFloats(ModelShape shape) {
    return shape.positions() * stride(shape.positions());
  }

  static long floats(ModelShape shape, int sequences) {
    return ((long) sequences * shape.heads() + 2) * slotFloats(shape);
  }

  private static int stride(int length) {
    return (length + Kernels.ROW_MULTIPLE - 1) / Kernels.ROW_MULTIPLE * Kernels.ROW_MULTIPLE;
  }

  private int slot(int sequence, int head) {
    return (sequence * heads + head) * slot;
  }

  /** {@code mixed[N, H] = softmax(QKᵀ/√D) · V}; keeps the probabilities. */
  void forward(MicroBatch batch, Floats mixed) {
    float scale = (float) (1 / Math.sqrt(size));
    for (int s = 0; s < batch.sequences(); s++) {
      int n = batch.length(s);
      int stride = stride(n);
      for (int h = 0; h < heads; h++) {
        int at = batch.start(s) * 3 * hidden + h * size;
        int p = slot(s, h);
        Blas.multiplyTransposed(
            n,
            n,
            size,
            scale,
            query.at(at),
            3 * hidden,
            key.at(at),
            3 * hidden,
            0,
            probabilities.at(p),
            stride);
        kernels.softmax(probabilities, p, n, n, stride);
        Floats used = dropped(batch, s, h);
        Blas.multiply(
            n,
            size,
            n,
            1,
            used.at(used == probabilities ? p : 0),
            stride,
            value.at(at),
            3 * hidden,
            0,
            mixed.at(batch.start(s) * hidden + h * size),
            hidden);
      }
    }
  }

  /** The probabilities after dropout: a copy in scratch, or themselves without dropout. */
  private Floats dropped(MicroBatch batch, int s, int h) {
    if (!batch.hasDropout()) {
      return probabilities;
    }
    int n = batch.length(s);
    kernels.drop(batch.mask(s, site + h), probabilities, slot(s, h), scratch, 0, n, n, stride(n));
    return scratch;
  }

  /** From the gradient of mixed to that of the projections, {@code [N, 3H]}. */
  void backward(MicroBatch batch, Floats mixedGradient, Floats qkvGradient) {
    Floats queryGradient = columns(qkvGradient, 0);
    Floats keyGradient = columns(qkvGradient, 1);
    Floats valueGradient = columns(qkvGradient, 2);
    float scale = (float) (1 / Math.sqrt(size));
    for (int s = 0; s < batch.sequences(); s++) {
      int n = batch.length(s);
      int stride = stride(n);
      for (int h = 0; h < heads; h++) {
        int at = batch.start(s) * 3 * hidden + h * size;
        int p = slot(s, h);
        Floats used = dropped(batch, s, h);
        int usedAt = used == probabilities ? p : 0;
        usedGradient(batch, s, h, used.at(usedAt), mixedGradient, valueGradient);
        kernels.softmaxBackward(probabilities, p, used, usedAt, scratchGradient, n, n, stride);
        Blas.multiply(
            n,
            size,
            n,
            scale,
            scratchGradient.at(0),
            stride,
            key.at(at),
            3 * hidden,
            0,
            queryGradient.at(at),
            3 * hidden);
        Blas.transposedMultiply(
            n,
            size,
            n,
            scale,
            scratchGradient.at(0),
            stride,
            query.at(at),
            3 * hidden,
            0,
            keyGradient.at(at),
            3 * hidden);
      }
    }
  }

  /** Writes the gradient of the values, and that of the used probabilities into scratch. */
  private void usedGradient(
      MicroBatch batch,
      int s,
      int h,
      FloatPointer used,
      Floats mixedGradient,
      Floats valueGradient) {
    int n = batch.length(s);
    int stride = stride(n);
    int at = batch.start(s) * 3 * hidden + h * size;
    int mixedAt = batch.start(s) * hidden + h * size;
    Blas.transposedMultiply(
        n,
        size,
        n,
        1,
        used,
        stride,
        mixedGradient.at(mixedAt),
        hidden,
        0,
        valueGradient.at(at),
        3 * hidden);
    Blas.multiplyTransposed(
        n,
        n,
        size,
        1,
        mixedGradient.at(mixedAt),
        hidden,
        value.at(at),
        3 * hidden,
        0,
        scratchGradient.at(0),
        stride);
  }
}
