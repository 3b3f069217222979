package dev.remask.mlm;

/** A byte-level BPE vocabulary in RoBERTa's layout. */
public final class Vocabulary {
  public static final int BOS = 0;
  public static final int PAD = 1;
  public static final int EOS = 2;
  public static final int UNK = 3;

  private Vocabulary() {}

  /** Learns. */
  public static Vocabulary learn(Iterable<String> texts, int size) {
    throw new UnsupportedOperationException();
  }

  /**
   * Reads a Hugging Face tokenizer.json; IllegalArgumentException with the reason if it is anything
   * else.
   */
  public static Vocabulary parse(byte[] tokenizerJson) {
    throw new UnsupportedOperationException();
  }

  /** The vocabulary as tokenizer.json, UTF-8. */
  public byte[] tokenizerJson() {
    throw new UnsupportedOperationException();
  }

  public String vocabJson() {
    throw new UnsupportedOperationException();
  }

  public String mergesTxt() {
    throw new UnsupportedOperationException();
  }

  /** SHA-256 of tokenizerJson(), lower-case hexadecimal. */
  public String sha256() {
    throw new UnsupportedOperationException();
  }

  public int size() {
    throw new UnsupportedOperationException();
  }

  /** The id of the mask token, size - 1. */
  public int mask() {
    throw new UnsupportedOperationException();
  }

  /** The text of some ids; special tokens by their names. */
  public String decode(int... ids) {
    throw new UnsupportedOperationException();
  }
}
