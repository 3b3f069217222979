package dev.remask.trainer;

import dev.remask.mlm.Example;
import dev.remask.schemas.InputFormat;
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
 * @param pairs whether segments have two parts: then there are two token types and BERT's
 *     next-sentence head
 */
public record ModelShape(
    int layers,
    int hidden,
    int heads,
    int feedForward,
    int vocabulary,
    int positions,
    boolean pairs) {

  /** For segments of one part. */
  public ModelShape(
      int layers, int hidden, int heads, int feedForward, int vocabulary, int positions) {
    this(layers, hidden, heads, feedForward, vocabulary, positions, false);
  }

  /** Whether segments of this format have two parts. */
  public static boolean pairs(InputFormat format) {
    return switch (format) {
      case FULL_SENTENCES, DOC_SENTENCES -> false;
      case SEGMENT_PAIR, SENTENCE_PAIR -> true;
      case UNKNOWN -> throw new IllegalStateException("unknown input format");
    };
  }

  /** The same for segments of two parts, or of one. */
  public ModelShape withPairs(boolean two) {
    return new ModelShape(layers, hidden, heads, feedForward, vocabulary, positions, two);
  }

  /** 1, or 2 with pairs. */
  public int tokenTypes() {
    return pairs ? 2 : 1;
  }

  /**
   * Floating-point operations of the matrix products that learning a batch takes, forward and
   * backward: each is done once forward and twice backward, two operations a term. A sequence
   * attends over its own length, only what is predicted meets the vocabulary, and of a pair the
   * first token the next-sentence head.
   */
  public double operations(List<Example> batch) {
    double width = hidden;
    double perToken = layers * (4 * width * width + 2 * width * feedForward);
    double perPair = layers * 2 * width;
    double perPrediction = width * width + width * vocabulary;
    double perExample = pairs ? width * width + 2 * width : 0;
    double terms = 0;
    for (Example example : batch) {
      double tokens = example.masked().inputs().length;
      terms += (perToken + perPair * tokens) * tokens;
      terms += perPrediction * example.masked().positions().length + perExample;
    }
    return 3 * 2 * terms;
  }
}
