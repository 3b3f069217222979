package dev.remask.mlm;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Learns a vocabulary from texts that stream by. It holds no text, but how often each pre-token was
 * there: at most {@value #PRE_TOKENS_MAX} different ones of together at most {@value #CHARS_MAX}
 * characters. Up to that the order of the texts plays no part and the merges are those of the whole
 * text; beyond it the rarest are forgotten, and the same texts in the same order still give the
 * same vocabulary.
 *
 * <p>Each text is cut as a whole, so a run of white space may span lines. Not thread-safe.
 */
public final class VocabularyLearner {
  static final int PRE_TOKENS_MAX = 1 << 20;
  static final int CHARS_MAX = 1 << 26;

  /** As in Hugging Face's ByteLevelBPETokenizer: a pair seen once is chance. */
  private static final int MIN_FREQUENCY = 2;

  private final int preTokensMax;
  private final int charsMax;
  private final Map<String, long[]> counts = new HashMap<>();
  private long chars;
  private long forgotten;

  public VocabularyLearner() {
    this(PRE_TOKENS_MAX, CHARS_MAX);
  }

  VocabularyLearner(int preTokensMax, int charsMax) {
    this.preTokensMax = preTokensMax;
    this.charsMax = charsMax;
  }

  /** Counts the pre-tokens of a text. */
  public void add(String text) {
    String wellFormed = PreTokens.wellFormed(text);
    for (int start = 0, end; start < wellFormed.length(); start = end) {
      end = PreTokens.end(wellFormed, start);
      count(wellFormed.substring(start, end));
    }
  }

  private void count(String preToken) {
    long[] count = counts.get(preToken);
    if (count == null) {
      counts.put(preToken, new long[] {1});
      chars += preToken.length();
      if (counts.size() > preTokensMax || chars > charsMax) {
        forget();
      }
    } else {
      count[0]++;
    }
  }

  /** The rarest, until half of what may be held is free. */
  private void forget() {
    for (long rare = 1; counts.size() > preTokensMax / 2 || chars > charsMax / 2; rare++) {
      long least = rare;
      counts
          .entrySet()
          .removeIf(
              entry -> {
                boolean isRare = entry.getValue()[0] <= least;
                chars -= isRare ? entry.getKey().length() : 0;
                forgotten += isRare ? entry.getValue()[0] : 0;
                return isRare;
              });
    }
  }

  /** Occurrences of pre-tokens that were forgotten; while it is 0, nothing was. */
  public long forgotten() {
    return forgotten;
  }

  /** How often each pre-token was there, in a fixed order. */
  Map<String, Long> counts() {
    Map<String, Long> sorted = new TreeMap<>();
    counts.forEach((preToken, count) -> sorted.put(preToken, count[0]));
    return sorted;
  }

  /**
   * The vocabulary of what has been added. It has fewer tokens than asked for if no further pair of
   * tokens occurs twice.
   *
   * @param size with the special tokens, 261 ... 1,048,576
   */
  public Vocabulary learn(int size) {
    Vocabulary.requireSize(size);
    return Vocabulary.learn(counts(), size, MIN_FREQUENCY);
  }
}
