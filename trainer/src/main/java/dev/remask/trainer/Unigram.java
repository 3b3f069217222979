package dev.remask.trainer;

import dev.remask.mlm.Example;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.mlm.Vocabulary;
import java.util.List;

/**
 * The best predictor that looks at no context: p(t) = (count(t) + 1) / (N + V) over the tokens of
 * the training segments that the masking policy may select. What a model must beat. Not
 * thread-safe.
 */
public final class Unigram {
  private final long[] counts; // [V]
  private final int mask;
  private final int first;
  private long total;

  public Unigram(MaskingPolicy policy, int vocabularySize) {
    counts = new long[vocabularySize];
    mask = vocabularySize - 1;
    first = policy.fairseqCompatible() ? 0 : Vocabulary.UNK + 1;
  }

  /**
   * Counts the tokens of a segment that can be labels: those of the text, or the special ones, too.
   */
  public void count(int[] tokens) {
    for (int token : tokens) {
      if (token >= first && token != mask) {
        counts[token]++;
        total++;
      }
    }
  }

  /** Scores the positions that a model predicts. */
  public Evaluation evaluate(List<Example> examples) {
    int likeliest = 0;
    for (int t = 1; t < counts.length; t++) {
      likeliest = counts[t] > counts[likeliest] ? t : likeliest;
    }
    Evaluation sum = Evaluation.NOTHING;
    for (Example example : examples) {
      sum = sum.plus(score(example, likeliest));
    }
    return sum;
  }

  private Evaluation score(Example example, int likeliest) {
    int[] positions = example.masked().positions(); // [M]
    long correct = 0;
    long maskTokens = 0;
    long maskCorrect = 0;
    double loss = 0;
    double maskLoss = 0;
    for (int m = 0; m < positions.length; m++) {
      int label = example.masked().labels()[m];
      double nats = Math.log((double) total + counts.length) - Math.log(counts[label] + 1.0);
      long right = label == likeliest ? 1 : 0;
      loss += nats;
      correct += right;
      if (example.masked().inputs()[positions[m]] == mask) {
        maskTokens++;
        maskLoss += nats;
        maskCorrect += right;
      }
    }
    return new Evaluation(positions.length, loss, correct, maskTokens, maskLoss, maskCorrect);
  }
}
