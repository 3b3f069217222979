package dev.remask.trainer.model;

import dev.remask.mlm.Example;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.ModelShape;
import java.util.List;

/** The two halves of a step, each by itself, which a trainer has no use for and a benchmark has. */
public final class Stages implements AutoCloseable {
  private final Roberta model;
  private final double maskedTokens;

  /**
   * @param maskedTokens what {@link #update} divides by
   */
  public Stages(ModelShape shape, Settings settings, double maskedTokens) {
    this.model = Roberta.create(shape, settings);
    this.maskedTokens = maskedTokens;
  }

  public String fingerprint() {
    return model.fingerprint();
  }

  /** Forward and backward on every worker, from zeroed gradients. */
  public Evaluation backpropagate(List<Example> batch, long step) {
    return model.backpropagate(batch, step, () -> false).orElseThrow();
  }

  /** Reduction over the workers, norm, clipping and AdamW. */
  public double update(double learningRate, long step) {
    double norm = StrictMath.sqrt(model.reduce()) / maskedTokens;
    model.update(norm, maskedTokens, learningRate, step);
    return norm;
  }

  /** Floats of all tensors together. */
  public long parameters() {
    return model.layout().tensors().stream().mapToLong(Layout.Tensor::length).sum();
  }

  @Override
  public void close() {
    model.close();
  }
}
