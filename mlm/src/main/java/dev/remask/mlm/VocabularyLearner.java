package dev.remask.mlm;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Learns a vocabulary from texts that stream by. It holds no text, but how often each pre-token was
 * there: at most {@value #PRE_TOKENS_MAX} different ones, of together at most {@value #BYTES_MAX}
 * bytes of UTF-8 and a sixteenth of the heap. Up to that the order of the texts plays no part and
 * the merges are those of the whole text; beyond it the rarest are forgotten, and the same texts in
 * the same order still give the same vocabulary in the same heap.
 *
 * <p>Each text is cut as a whole, so a run of white space may span lines. Not thread-safe.
 */
public final class VocabularyLearner {
  static final int PRE_TOKENS_MAX = 1 << 20;
  static final int BYTES_MAX = 1 << 26;

  /** What learning takes is a multiple of them. */
  private static final int HEAP_SHARE = 16;

  /** As in Hugging Face's ByteLevelBPETokenizer: a pair seen once is chance. */
  private static final int MIN_FREQUENCY = 2;

  private final int preTokensMax;
  private final long bytesMax;
  private final Map<String, long[]> counts = new HashMap<>();
  private long bytes;
  private long forgotten;

  public VocabularyLearner() {
    this(PRE_TOKENS_MAX, bytesMax(Runtime.getRuntime().maxMemory()));
  }

  VocabularyLearner(int preTokensMax, long bytesMax) {
    this.preTokensMax = preTokensMax;
    this.bytesMax = bytesMax;
  }

  static long bytesMax(long heap) {
    return Math.min(BYTES_MAX, heap / HEAP_SHARE);
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
      bytes += bytes(preToken);
      if (counts.size() > preTokensMax || bytes > bytesMax) {
        forget();
      }
    } else {
      count[0]++;
    }
  }

  /** The rarest, until half of what may be held is free. */
  private void forget() {
    for (long rare = 1; counts.size() > preTokensMax / 2 || bytes > bytesMax / 2; rare++) {
      long least = rare;
      counts
          .entrySet()
          .removeIf(
              entry -> {
                boolean isRare = entry.getValue()[0] <= least;
                bytes -= isRare ? bytes(entry.getKey()) : 0;
                forgotten += isRare ? entry.getValue()[0] : 0;
                return isRare;
              });
    }
  }

  /** In UTF-8. */
  private static long bytes(String wellFormed) {
    return wellFormed
        .codePoints()
        .mapToLong(c -> c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4)
        .sum();
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
   * The vocabulary of what has been added, which is forgotten with that. It has fewer tokens than
   * asked for if no further pair of tokens occurs twice.
   *
   * @param size with the special tokens, 261 ... 1,048,576
   */
  public Vocabulary learn(int size) {
    Vocabulary.requireSize(size);
    Map<String, Long> sorted = counts();
    counts.clear();
    bytes = 0;
    return Vocabulary.learn(sorted, size, MIN_FREQUENCY);
  }
}
