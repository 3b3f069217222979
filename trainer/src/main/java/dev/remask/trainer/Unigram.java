package dev.remask.trainer;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.mlm.Vocabulary;
import java.util.List;

/**
 * The best predictors that look at no context, which a model must beat. p(t) = (count(t) + 1) / (N
 * + V) over the tokens of training segments that the masking policy may select is all that can be
 * said where the input is {@code <mask>}. Elsewhere the input is the token itself or a random one,
 * and by Bayes' rule p(t | x) is proportional to p(t) (kept [t = x] + random / R), where R is the
 * number of tokens that a random one is drawn from. Not thread-safe.
 */
public final class Unigram {
  private final long[] counts; // [V]
  private final int mask;
  private final int first;
  private final double kept;
  private final double random;
  private long total;

  /** A prediction from the input at the same position. */
  private interface Predictor {
    double nats(int input, int label);

    int likeliest(int input);
  }

  public Unigram(MaskingPolicy policy, int vocabularySize) {
    counts = new long[vocabularySize];
    mask = vocabularySize - 1;
    first = policy.fairseqCompatible() ? 0 : Vocabulary.UNK + 1;
    kept = 1 - policy.maskShare() - policy.randomShare();
    random = policy.randomShare() / Math.max(1, mask - (Vocabulary.UNK + 1)); // 0 without text
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

  /** Whether an input is {@code <mask>}. */
  public boolean isMask(int input) {
    return input == mask;
  }

  /** Scores the positions that a model predicts, by p(t) everywhere. */
  public Evaluation evaluate(List<Example> examples) {
    int likeliest = likeliest();
    return evaluate(
        examples,
        new Predictor() {
          @Override
          public double nats(int input, int label) {
            return -Math.log(probability(label));
          }

          @Override
          public int likeliest(int input) {
            return likeliest;
          }
        });
  }

  /** The same, by p(t | x) where the input is not {@code <mask>}. */
  public Evaluation evaluateCopying(List<Example> examples) {
    int likeliest = likeliest();
    return evaluate(
        examples,
        new Predictor() {
          @Override
          public double nats(int input, int label) {
            return -Math.log(probability(input, label));
          }

          @Override
          public int likeliest(int input) {
            return probability(input, input) >= probability(input, likeliest) ? input : likeliest;
          }
        });
  }

  private int likeliest() {
    int likeliest = 0;
    for (int t = 1; t < counts.length; t++) {
      likeliest = counts[t] > counts[likeliest] ? t : likeliest;
    }
    return likeliest;
  }

  private double probability(int token) {
    return (counts[token] + 1.0) / ((double) total + counts.length);
  }

  /** A special token is never drawn at random: there it was kept. */
  double probability(int input, int token) {
    double drawn = input > Vocabulary.UNK ? random : 0;
    double seen = kept * probability(input) + drawn;
    if (input == mask || seen == 0) {
      return probability(token);
    }
    return probability(token) * ((token == input ? kept : 0) + drawn) / seen;
  }

  private Evaluation evaluate(List<Example> examples, Predictor predictor) {
    Evaluation sum = Evaluation.NOTHING;
    for (Example example : examples) {
      sum = sum.plus(score(example.masked(), predictor));
    }
    return sum;
  }

  private Evaluation score(Masked masked, Predictor predictor) {
    int[] positions = masked.positions(); // [M]
    long correct = 0;
    long maskTokens = 0;
    long maskCorrect = 0;
    double loss = 0;
    double maskLoss = 0;
    for (int m = 0; m < positions.length; m++) {
      int input = masked.inputs()[positions[m]];
      int label = masked.labels()[m];
      double nats = predictor.nats(input, label);
      long right = label == predictor.likeliest(input) ? 1 : 0;
      loss += nats;
      correct += right;
      if (input == mask) {
        maskTokens++;
        maskLoss += nats;
        maskCorrect += right;
      }
    }
    return new Evaluation(positions.length, loss, correct, maskTokens, maskLoss, maskCorrect);
  }
}
