package dev.remask.trainer;

import dev.remask.mlm.Example;
import java.util.List;

/**
 * The size of a RoBERTa encoder with a masked-language-model head.
 *
 * @param layers number of layers L
 * @param hidden width H, a multiple of {@code heads}
 * @param heads attention heads A
 * @param feedForward inner width F
 * @param vocabulary number of token ids V
 * @param positions tokens of a segment at most, T
 */
public record ModelShape(
    int layers, int hidden, int heads, int feedForward, int vocabulary, int positions) {

  /**
   * Floating-point operations of the matrix products that learning a batch takes, forward and
   * backward: each is done once forward and twice backward, two operations a term. A sequence
   * attends over its own length, and only what is predicted meets the vocabulary.
   */
  public double operations(List<Example> batch) {
    double width = hidden;
    double perToken = layers * (4 * width * width + 2 * width * feedForward);
    double perPair = layers * 2 * width;
    double perPrediction = width * width + width * vocabulary;
    double terms = 0;
    for (Example example : batch) {
      double tokens = example.masked().inputs().length;
      terms += (perToken + perPair * tokens) * tokens;
      terms += perPrediction * example.masked().positions().length;
    }
    return 3 * 2 * terms;
  }
}
