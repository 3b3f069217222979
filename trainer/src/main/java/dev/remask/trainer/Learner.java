package dev.remask.trainer;

import dev.remask.mlm.Example;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** What the loop needs of a model and its optimizer. Called by one thread. */
public interface Learner extends AutoCloseable {
  /**
   * One optimizer step on a logical batch: sum of the gradients over sum of the predicted tokens,
   * and for pairs that of the next-sentence losses over their number besides; clipped, then AdamW.
   * How the batch is cut into micro-batches changes nothing beyond rounding.
   *
   * @param step 1, 2, 3 ...; keys dropout and the optimizer's bias correction
   * @return empty if {@code watch} gave it up: then nothing has changed, and the same step may be
   *     taken again with the same result. Nor has anything changed if a loss or the gradient norm
   *     is not finite.
   */
  Optional<StepResult> step(List<Example> batch, double learningRate, long step, StepWatch watch);

  /** The same, seen through. */
  default StepResult step(List<Example> batch, double learningRate, long step) {
    return step(batch, learningRate, step, StepWatch.NONE).orElseThrow();
  }

  /**
   * Scores examples without learning: leaves no trace.
   *
   * @param abandons asked often, by any thread
   * @return empty if it was given up
   */
  Optional<Evaluation> evaluate(List<Example> examples, BooleanSupplier abandons);

  /** The same, seen through. */
  default Evaluation evaluate(List<Example> examples) {
    return evaluate(examples, () -> false).orElseThrow();
  }

  /** The {@code most} likeliest tokens at a position of {@code tokens}, likeliest first. */
  List<Prediction> predict(int[] tokens, int position, int most);

  /** The score of each token at a position of {@code tokens}, before the softmax: {@code [V]}. */
  float[] logits(int[] tokens, int position);

  ModelShape shape();

  /**
   * Floating-point operations a second that BLAS alone does in products of this shape, on all
   * workers together: what no step can exceed. Measured at the first call, in a fraction of a
   * second; no result depends on it.
   */
  double operationsPerSecondMax();

  /** SHA-256 over all parameters, lower-case hexadecimal. */
  String parametersSha256();

  /**
   * What the bits of a result depend on besides the input: BLAS core, kernel path, vector lanes,
   * workers, JDK.
   */
  String fingerprint();

  /**
   * Writes the parameters in Hugging Face's RobertaForMaskedLM form ({@code model.safetensors},
   * {@code config.json}) into {@code model}, the optimizer's moments into {@code state}. Both
   * folders exist; files are forced to disk.
   */
  void save(Path model, Path state) throws IOException;

  /**
   * The reverse; IOException that names the file and what is wrong with it, before anything is
   * changed.
   */
  void load(Path model, Path state) throws IOException;

  @Override
  void close();
}
