package dev.remask.trainer.model;

import dev.remask.trainer.Evaluation;
import dev.remask.trainer.ModelShape;

/**
 * The language-model head and its loss, on the rows to predict only: dense, GELU, LayerNorm, the
 * decoder tied to the word embeddings, softmax cross-entropy summed. Rows go through in chunks, so
 * that the logits need {@code [CHUNK, V]} floats however many there are.
 */
final class MaskedHead {
  private static final int CHUNK = 256;

  private final Kernels kernels;
  private final ModelShape shape;
  private final int hidden;
  private final Parameters weights;
  private final Parameters gradients;
  private final Floats gathered; // [C, H]
  private final Floats slope; // [C, H]
  private final Floats normalized; // [C, H]
  private final Floats scale; // [C]
  private final Floats out; // [C, H]
  private final Floats logits; // [C, V], then probabilities, then their gradient
  private final Floats outGradient; // [C, H]
  private final Floats gatheredGradient; // [C, H]
  private final int chunk;

  MaskedHead(Worker.Context context) {
    this.kernels = context.kernels();
    this.shape = context.shape();
    this.hidden = shape.hidden();
    this.weights = context.weights();
    this.gradients = context.gradients();
    this.chunk = chunk(shape, context.sequences());
    this.gathered = context.floats((long) chunk * hidden);
    this.slope = context.floats((long) chunk * hidden);
    this.normalized = context.floats((long) chunk * hidden);
    this.scale = context.floats(chunk);
    this.out = context.floats((long) chunk * hidden);
    this.logits = context.floats((long) chunk * shape.vocabulary());
    this.outGradient = context.floats((long) chunk * hidden);
    this.gatheredGradient = context.floats((long) chunk * hidden);
  }

  private static int chunk(ModelShape shape, int sequences) {
    return Math.min(CHUNK, sequences * shape.positions());
  }

  static long floats(ModelShape shape, int sequences) {
    return (6L * shape.hidden() + 1 + shape.vocabulary()) * chunk(shape, sequences);
  }

  /** Scores the predictions from the encoder's output {@code [N, H]}. */
  Evaluation score(MicroBatch batch, Floats encoded) {
    Tally tally = new Tally(shape.vocabulary() - 1);
    for (int from = 0; from < batch.predictions(); from += chunk) {
      crossEntropy(batch, from, forward(batch, from, encoded), tally);
    }
    return tally.evaluation();
  }

  /** As above, and writes the gradient of the summed loss by the encoder's output into d. */
  Evaluation learn(MicroBatch batch, Floats encoded, Floats d) {
    d.clear(0, batch.size() * hidden);
    Tally tally = new Tally(shape.vocabulary() - 1);
    for (int from = 0; from < batch.predictions(); from += chunk) {
      int m = forward(batch, from, encoded);
      crossEntropy(batch, from, m, tally);
      backward(batch, from, m, d);
    }
    return tally.evaluation();
  }

  /** The logits {@code [V]} of the first row to predict; valid until the next call. */
  Floats logits(MicroBatch batch, Floats encoded) {
    forward(batch, 0, encoded);
    return logits.slice(0, shape.vocabulary());
  }

  /** The probabilities {@code [V]} of the first row to predict; valid until the next call. */
  Floats probabilities(MicroBatch batch, Floats encoded) {
    forward(batch, 0, encoded);
    softmax(0, kernels.max(logits, 0, shape.vocabulary()));
    return logits;
  }

  /** Logits of the chunk that starts at a row; returns how many rows it has. */
  private int forward(MicroBatch batch, int from, Floats encoded) {
    int m = Math.min(chunk, batch.predictions() - from);
    for (int i = 0; i < m; i++) {
      gathered.copy(i * hidden, encoded, batch.row(from + i) * hidden, hidden);
    }
    weights.head().multiply(gathered, normalized, m);
    kernels.gelu(normalized, weights.head().bias(), slope, m, hidden);
    Parameters.Norm norm = weights.headNorm();
    kernels.layerNorm(normalized, scale, norm.gain(), norm.shift(), out, 0, m, hidden);
    weights.decoder().forward(out, logits, m);
    return m;
  }

  /** Adds to the tally and turns the logits into the loss's gradient, softmax - one-hot. */
  private void crossEntropy(MicroBatch batch, int from, int m, Tally tally) {
    for (int i = 0; i < m; i++) {
      int row = i * shape.vocabulary();
      int label = batch.label(from + i);
      float max = kernels.max(logits, row, shape.vocabulary());
      float logit = logits.get(row + label);
      float sum = softmax(row, max);
      double loss = StrictMath.log(sum) - ((double) logit - max);
      tally.add(loss, logit == max, batch.token(batch.row(from + i)));
      batch.lose(from + i, loss);
      logits.increase(row + label, -1);
    }
  }

  private float softmax(int row, float max) {
    float sum = kernels.exponentials(logits, row, shape.vocabulary(), max);
    kernels.scale(logits, row, shape.vocabulary(), 1 / sum);
    return sum;
  }

  private void backward(MicroBatch batch, int from, int m, Floats d) {
    gradients.decoder().accumulate(logits, out, m, kernels);
    weights.decoder().backward(logits, outGradient, m, 0);
    Parameters.Norm norm = gradients.headNorm();
    kernels.layerNormBackward(
        outGradient,
        normalized,
        scale,
        weights.headNorm().gain(),
        norm.gain(),
        norm.shift(),
        m,
        hidden);
    kernels.geluBackward(outGradient, slope, gradients.head().bias(), m, hidden);
    gradients.head().accumulateWeight(outGradient, gathered, m);
    weights.head().backward(outGradient, gatheredGradient, m, 0);
    for (int i = 0; i < m; i++) {
      kernels.add(gatheredGradient, i * hidden, d, batch.row(from + i) * hidden, hidden);
    }
  }
}
