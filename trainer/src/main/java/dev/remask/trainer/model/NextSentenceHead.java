package dev.remask.trainer.model;

import dev.remask.trainer.ModelShape;
import dev.remask.trainer.NextSentence;

/**
 * BERT's next-sentence head and its loss: dense and tanh on the first token of each sequence, two
 * logits, softmax cross-entropy summed. Class 0 says that the second part follows the first, as
 * BERT has it. One row of each sequence goes through, a tiny part of the model's work.
 */
final class NextSentenceHead {
  private static final int CLASSES = 2;

  private final Kernels kernels;
  private final int hidden;
  private final Parameters.NextSentence weights;
  private final Parameters.NextSentence gradients;
  private final Floats gathered; // [S, H], then its gradient
  private final Floats pooled; // [S, H]
  private final Floats pooledGradient; // [S, H]
  private final Floats logits; // [S, 2], then the gradient of the loss by them

  NextSentenceHead(
      Worker.Context context, Parameters.NextSentence weights, Parameters.NextSentence gradients) {
    this.kernels = context.kernels();
    this.hidden = context.shape().hidden();
    this.weights = weights;
    this.gradients = gradients;
    this.gathered = context.floats((long) context.sequences() * hidden);
    this.pooled = context.floats((long) context.sequences() * hidden);
    this.pooledGradient = context.floats((long) context.sequences() * hidden);
    this.logits = context.floats((long) context.sequences() * CLASSES);
  }

  static long floats(ModelShape shape, int sequences) {
    return shape.pairs() ? sequences * (3L * shape.hidden() + CLASSES) : 0;
  }

  /** Scores the predictions from the encoder's output {@code [N, H]}. */
  NextSentence score(MicroBatch batch, Floats encoded) {
    return forward(batch, encoded, 0);
  }

  /**
   * The same, and adds the gradient of the summed loss, times a weight, to d.
   *
   * @param d of the loss by the encoder's output, {@code [N, H]}
   */
  NextSentence learn(MicroBatch batch, Floats encoded, double weight, Floats d) {
    NextSentence sums = forward(batch, encoded, weight);
    backward(batch, d);
    return sums;
  }

  /** Leaves the weighted gradient of the loss in the logits. */
  private NextSentence forward(MicroBatch batch, Floats encoded, double weight) {
    pool(batch, encoded);
    weights.classifier().forward(pooled, logits, batch.sequences());
    double loss = 0;
    int correct = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      int label = CLASSES * s + (batch.isNextSentence(s) ? 0 : 1);
      int other = label ^ 1;
      double margin = (double) logits.get(label) - logits.get(other);
      loss += softplus(-margin);
      correct += margin > 0 ? 1 : 0;
      float slope = (float) (weight / (1 + StrictMath.exp(margin)));
      logits.set(label, -slope);
      logits.set(other, slope);
    }
    return new NextSentence(batch.sequences(), loss, correct);
  }

  private void pool(MicroBatch batch, Floats encoded) {
    int n = batch.sequences();
    for (int s = 0; s < n; s++) {
      gathered.copy(s * hidden, encoded, batch.start(s) * hidden, hidden);
    }
    weights.pooler().forward(gathered, pooled, n);
    kernels.tanh(pooled, n * hidden);
  }

  /** {@code ln(1 + exp(x))}, without overflow. */
  private static double softplus(double x) {
    return Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x)));
  }

  private void backward(MicroBatch batch, Floats d) {
    int n = batch.sequences();
    gradients.classifier().accumulate(logits, pooled, n, kernels);
    weights.classifier().backward(logits, pooledGradient, n, 0);
    kernels.tanhBackward(pooledGradient, pooled, n * hidden);
    gradients.pooler().accumulate(pooledGradient, gathered, n, kernels);
    weights.pooler().backward(pooledGradient, gathered, n, 0);
    for (int s = 0; s < n; s++) {
      kernels.add(gathered, s * hidden, d, batch.start(s) * hidden, hidden);
    }
  }
}
