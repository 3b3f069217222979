package dev.remask.mlm;

import java.util.Arrays;
import java.util.BitSet;

/**
 * The mask function (invariant 1), specified in MASKING.md: a pure function of (run seed, dataset,
 * policy, vocabulary, epoch, partition, sequence, tokens). Not thread-safe: it reuses its working
 * memory.
 */
public final class Masker {
  /** The epoch of evaluation masks; no plan has it. Static masking does not map it to a copy. */
  public static final int EVALUATION = -1;

  /** What index i decides by itself takes its random replacement from draw {@code LANE + i}. */
  private static final long LANE = 1L << 32;

  private final Draws.Key key;
  private final MaskingPolicy policy;
  private final int vocabularySize;
  private final boolean[] beginsWord; // [V], special tokens included
  private final int firstCandidate;
  private final long probability32;
  private final long maskBelow32;
  private final long randomBelow32;
  private int[] candidates = {}; // where the tokens or words start that may be selected
  private long[] selected = {}; // a bit per position

  /** For policies that select single tokens. */
  public Masker(long runSeed, String dataset, MaskingPolicy policy, int vocabularySize) {
    this(runSeed, dataset, policy, vocabularySize, new BitSet());
    if (policy.wholeWord()) {
      throw new IllegalArgumentException(
          "masking policy: wholeWord true without the vocabulary's word starts");
    }
  }

  /**
   * For any policy.
   *
   * @param wordStarts the text ids that begin a word, as in {@link Vocabulary#wordStarts()}; of no
   *     effect unless the policy selects whole words
   */
  public Masker(
      long runSeed, String dataset, MaskingPolicy policy, int vocabularySize, BitSet wordStarts) {
    if (dataset.indexOf('\n') >= 0) {
      throw new IllegalArgumentException("dataset name with a line break: " + dataset);
    }
    if (vocabularySize <= Vocabulary.FIRST_TEXT + 1) {
      throw new IllegalArgumentException(
          "vocabulary size " + vocabularySize + "; allowed are 6 and more");
    }
    this.key = Draws.Key.of(keyText(runSeed, dataset, policy));
    this.policy = policy;
    this.vocabularySize = vocabularySize;
    this.beginsWord = beginsWord(vocabularySize, wordStarts);
    this.firstCandidate = policy.fairseqCompatible() ? 0 : Vocabulary.FIRST_TEXT;
    this.probability32 = MaskingPolicy.share32(policy.probability());
    this.maskBelow32 = MaskingPolicy.share32(policy.maskShare());
    this.randomBelow32 = maskBelow32 + MaskingPolicy.share32(policy.randomShare());
  }

  private static boolean[] beginsWord(int vocabularySize, BitSet wordStarts) {
    if (wordStarts.length() > vocabularySize - 1) {
      throw new IllegalArgumentException(
          "word start %s; allowed are ids below %s"
              .formatted(wordStarts.length() - 1, vocabularySize - 1));
    }
    boolean[] begins = new boolean[vocabularySize];
    Arrays.fill(begins, 0, Vocabulary.FIRST_TEXT, true);
    wordStarts.stream().forEach(id -> begins[id] = true);
    return begins;
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
    int[] inputs = tokens.clone();
    int count = select(epoch, partition, sequence, tokens, inputs);
    Masked masked = new Masked(inputs, new int[count], new int[count]);
    gather(tokens, masked.positions(), masked.labels());
    return masked;
  }

  /**
   * The same without a new object, into arrays of the caller's, which have room for T elements and
   * are not {@code tokens}; what lies behind the T or M elements stays as it is.
   *
   * @return M, the number of masked positions
   */
  public int mask(
      int epoch,
      int partition,
      long sequence,
      int[] tokens,
      int[] inputs,
      int[] positions,
      int[] labels) {
    System.arraycopy(tokens, 0, inputs, 0, tokens.length);
    int count = select(epoch, partition, sequence, tokens, inputs);
    gather(tokens, positions, labels);
    return count;
  }

  /** Masks the inputs, which are the tokens, and marks where; returns at how many positions. */
  private int select(int epoch, int partition, long sequence, int[] tokens, int[] inputs) {
    if (epoch < EVALUATION || partition < 0 || sequence < 0) {
      throw new IllegalArgumentException(
          "no place of a segment: epoch %s, partition %s, sequence %s"
              .formatted(epoch, partition, sequence));
    }
    requireUnmasked(tokens, partition, sequence);
    clear(tokens.length);
    int n = policy.wholeWord() ? collectWords(tokens) : collectTokens(tokens);
    Draws draws = draws(key, masking(epoch), partition, sequence);
    if (policy.selection() == MaskingPolicy.Selection.EXACT) {
      selectExactly(n, draws, tokens, inputs);
    } else {
      selectEach(n, draws, tokens, inputs);
    }
    int count = 0;
    for (long positions : selected) {
      count += Long.bitCount(positions);
    }
    return count;
  }

  /** Different for different arguments, as no dataset has a line break in its name. */
  static String keyText(long runSeed, String dataset, MaskingPolicy policy) {
    return "remask-mask-1\n" + runSeed + "\n" + dataset + "\n" + policy.canonical();
  }

  /** Different for different arguments, as no partition is negative. */
  static Draws draws(Draws.Key key, int masking, int partition, long sequence) {
    return key.draws((long) masking << 32 | partition, sequence);
  }

  /** The epoch, or the static copy that it takes. */
  private int masking(int epoch) {
    boolean copy = policy.kind() == MaskingPolicy.Kind.STATIC && epoch != EVALUATION;
    return copy ? epoch % policy.copies() : epoch;
  }

  private void requireUnmasked(int[] tokens, int partition, long sequence) {
    int last = vocabularySize - 2;
    int signs = 0; // negative if one of them is
    for (int id : tokens) {
      signs |= id | (last - id);
    }
    if (signs < 0) {
      int at = 0;
      while (tokens[at] >= 0 && tokens[at] <= last) {
        at++;
      }
      throw new IllegalStateException(
          "segment (%s, %s) has token %s at %s; allowed are 0 to %s"
              .formatted(partition, sequence, tokens[at], at, last));
    }
  }

  private void clear(int length) {
    if (candidates.length < length) {
      candidates = new int[length];
      selected = new long[(length + Long.SIZE - 1) / Long.SIZE];
    }
    Arrays.fill(selected, 0);
  }

  private int collectTokens(int[] tokens) {
    int n = 0;
    for (int position = 0; position < tokens.length; position++) {
      if (tokens[position] >= firstCandidate) {
        candidates[n++] = position;
      }
    }
    return n;
  }

  private int collectWords(int[] tokens) {
    int n = 0;
    for (int position = 0; position < tokens.length; position++) {
      if (tokens[position] >= firstCandidate && begins(tokens, position)) {
        candidates[n++] = position;
      }
    }
    return n;
  }

  /** Whether a word begins at a position; a special token is a word of its own. */
  private boolean begins(int[] tokens, int position) {
    return position == 0
        || beginsWord[tokens[position]]
        || tokens[position - 1] < Vocabulary.FIRST_TEXT;
  }

  /** A partial Fisher-Yates shuffle; what it brings to the front is not needed again. */
  private void selectExactly(int n, Draws draws, int[] tokens, int[] inputs) {
    int count = (int) ((n * probability32 + (draws.draw(0) >>> 32)) >>> 32);
    for (int j = 1; j <= count; j++) {
      long draw = draws.draw(j);
      int chosen = j - 1 + Draws.below(n - j + 1, draw);
      int position = candidates[chosen];
      candidates[chosen] = candidates[j - 1];
      replaceAll(tokens, inputs, position, draws, j, draw);
    }
  }

  private void selectEach(int n, Draws draws, int[] tokens, int[] inputs) {
    for (int j = 1; j <= n; j++) {
      long draw = draws.draw(j);
      if (draw >>> 32 < probability32) {
        replaceAll(tokens, inputs, candidates[j - 1], draws, j, draw);
      }
    }
  }

  /** A token, or all of a word: its first token decides by draw j, the next ones by draws apart. */
  private void replaceAll(
      int[] tokens, int[] inputs, int first, Draws draws, int j, long firstDraw) {
    replace(inputs, first, draws, j, firstDraw);
    if (policy.wholeWord()) {
      long index = j;
      for (int at = first + 1; at < tokens.length && !begins(tokens, at); at++) {
        index += 2 * LANE;
        replace(inputs, at, draws, index, draws.draw(index));
      }
    }
  }

  private void replace(int[] inputs, int position, Draws draws, long index, long draw) {
    selected[position / Long.SIZE] |= 1L << position;
    long low = draw & 0xFFFFFFFFL;
    if (low < maskBelow32) {
      inputs[position] = vocabularySize - 1;
    } else if (low < randomBelow32) {
      int text = vocabularySize - 1 - Vocabulary.FIRST_TEXT;
      inputs[position] = Vocabulary.FIRST_TEXT + Draws.below(text, draws.draw(LANE + index));
    }
  }

  private void gather(int[] tokens, int[] positions, int[] labels) {
    int m = 0;
    for (int word = 0; word < selected.length; word++) {
      for (long bits = selected[word]; bits != 0; bits &= bits - 1) {
        int position = word * Long.SIZE + Long.numberOfTrailingZeros(bits);
        positions[m] = position;
        labels[m++] = tokens[position];
      }
    }
  }
}
