package dev.remask.mlm;

import java.util.Arrays;

/**
 * The mask function (invariant 1), specified in MASKING.md: a pure function of (run seed, dataset,
 * policy, vocabulary size, epoch, partition, sequence, tokens). Not thread-safe: it reuses its
 * working memory.
 */
public final class Masker {
  /** The epoch of evaluation masks; no plan has it. Static masking does not map it to a copy. */
  public static final int EVALUATION = -1;

  /** Selection j takes its random replacement from draw {@code REPLACEMENTS + j}. */
  private static final long REPLACEMENTS = 1L << 32;

  private final Draws.Key key;
  private final MaskingPolicy policy;
  private final int vocabularySize;
  private final long probability32;
  private final long maskBelow32;
  private final long randomBelow32;
  private int[] candidates = new int[512];

  public Masker(long runSeed, String dataset, MaskingPolicy policy, int vocabularySize) {
    if (dataset.indexOf('\n') >= 0) {
      throw new IllegalArgumentException("dataset name with a line break: " + dataset);
    }
    if (vocabularySize <= Vocabulary.FIRST_TEXT + 1) {
      throw new IllegalArgumentException(
          "vocabulary size " + vocabularySize + "; allowed are 6 and more");
    }
    this.key =
        Draws.Key.of("remask-mask-1\n" + runSeed + "\n" + dataset + "\n" + policy.canonical());
    this.policy = policy;
    this.vocabularySize = vocabularySize;
    this.probability32 = MaskingPolicy.share32(policy.probability());
    this.maskBelow32 = MaskingPolicy.share32(policy.maskShare());
    this.randomBelow32 = maskBelow32 + MaskingPolicy.share32(policy.randomShare());
  }

  /**
   * Masks a segment. There may be no masked position: the count is rounded by chance.
   *
   * @param epoch 0 and more, or {@link #EVALUATION}
   * @param partition 0 and more
   * @param sequence 0 and more
   * @param tokens {@code [T]}, left as it is
   * @throws IllegalStateException if a token is outside the vocabulary or masked already
   */
  public Masked mask(int epoch, int partition, long sequence, int[] tokens) {
    if (epoch < EVALUATION || partition < 0 || sequence < 0) {
      throw new IllegalArgumentException(
          "no place of a segment: epoch %s, partition %s, sequence %s"
              .formatted(epoch, partition, sequence));
    }
    int n = collectCandidates(tokens, partition, sequence);
    Draws draws = key.draws((long) masking(epoch) << 32 | partition, sequence);
    int[] inputs = tokens.clone();
    int count =
        policy.selection() == MaskingPolicy.Selection.EXACT
            ? selectExactly(n, draws, inputs)
            : selectEach(n, draws, inputs);
    int[] positions = Arrays.copyOf(candidates, count);
    Arrays.sort(positions);
    int[] labels = new int[count];
    for (int m = 0; m < count; m++) {
      labels[m] = tokens[positions[m]];
    }
    return new Masked(inputs, positions, labels);
  }

  private int masking(int epoch) {
    boolean copy = policy.kind() == MaskingPolicy.Kind.STATIC && epoch != EVALUATION;
    return copy ? epoch % policy.copies() : epoch;
  }

  private int collectCandidates(int[] tokens, int partition, long sequence) {
    if (candidates.length < tokens.length) {
      candidates = new int[tokens.length];
    }
    int n = 0;
    for (int position = 0; position < tokens.length; position++) {
      int id = tokens[position];
      if (id < 0 || id >= vocabularySize - 1) {
        throw new IllegalStateException(
            "segment (%s, %s) has token %s at %s; allowed are 0 to %s"
                .formatted(partition, sequence, id, position, vocabularySize - 2));
      }
      if (id >= Vocabulary.FIRST_TEXT || policy.fairseqCompatible()) {
        candidates[n++] = position;
      }
    }
    return n;
  }

  /** A partial Fisher-Yates shuffle: the selected positions come to the front. */
  private int selectExactly(int n, Draws draws, int[] inputs) {
    int count = (int) ((n * probability32 + (draws.draw(0) >>> 32)) >>> 32);
    for (int j = 1; j <= count; j++) {
      long draw = draws.draw(j);
      int chosen = j - 1 + Draws.below(n - j + 1, draw);
      int position = candidates[chosen];
      candidates[chosen] = candidates[j - 1];
      candidates[j - 1] = position;
      replace(inputs, position, draw, draws, j);
    }
    return count;
  }

  private int selectEach(int n, Draws draws, int[] inputs) {
    int count = 0;
    for (int j = 1; j <= n; j++) {
      long draw = draws.draw(j);
      if (draw >>> 32 < probability32) {
        int position = candidates[j - 1];
        candidates[count++] = position;
        replace(inputs, position, draw, draws, j);
      }
    }
    return count;
  }

  private void replace(int[] inputs, int position, long draw, Draws draws, int j) {
    long low = draw & 0xFFFFFFFFL;
    if (low < maskBelow32) {
      inputs[position] = vocabularySize - 1;
    } else if (low < randomBelow32) {
      int text = vocabularySize - 1 - Vocabulary.FIRST_TEXT;
      inputs[position] = Vocabulary.FIRST_TEXT + Draws.below(text, draws.draw(REPLACEMENTS + j));
    }
  }
}
