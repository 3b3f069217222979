package dev.remask.mlm;

/**
 * Learns a vocabulary from texts that stream by. It holds no text, but how often each pre-token was
 * there: at most {@value #PRE_TOKENS_MAX} different ones, of together at most {@value #BYTES_MAX}
 * bytes of UTF-8 and a thirty-second of the heap. Up to that the order of the texts plays no part
 * and the merges are those of the whole text; beyond it the rarest are forgotten, and the same
 * texts in the same order still give the same vocabulary in the same heap.
 *
 * <p>Each text is cut as a whole, so a run of white space may span lines. Not thread-safe.
 */
public final class VocabularyLearner {
  static final int PRE_TOKENS_MAX = 1 << 20;
  static final int BYTES_MAX = 1 << 26;

  /** What learning takes is twenty to thirty times them. */
  private static final int HEAP_SHARE = 32;

  /** As in Hugging Face's ByteLevelBPETokenizer: a pair seen once is chance. */
  private static final int MIN_FREQUENCY = 2;

  private final int preTokensMax;
  private final long bytesMax;
  private PreTokenCounts counts = new PreTokenCounts();
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
      counts.add(wellFormed, start, end);
      if (counts.size() > preTokensMax || counts.bytes() > bytesMax) {
        forget();
      }
    }
  }

  /** The rarest, until half of what may be held is free. */
  private void forget() {
    while (counts.size() > preTokensMax / 2 || counts.bytes() > bytesMax / 2) {
      forgotten += counts.forgetRarest();
    }
  }

  /** Occurrences of pre-tokens that were forgotten; while it is 0, nothing was. */
  public long forgotten() {
    return forgotten;
  }

  /** What has been added. */
  PreTokenCounts counts() {
    return counts;
  }

  /**
   * The vocabulary of what has been added, which is forgotten with that. It has fewer tokens than
   * asked for if no further pair of tokens occurs twice.
   *
   * @param size with the special tokens, 261 ... 1,048,576
   */
  public Vocabulary learn(int size) {
    Vocabulary.requireSize(size);
    PreTokenCounts learned = counts;
    counts = new PreTokenCounts();
    return Vocabulary.learn(learned, size, MIN_FREQUENCY);
  }
}
