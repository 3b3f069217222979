package dev.remask.mlm;

/** Text to token ids. Not thread-safe. */
public final class Tokenizer {
  public Tokenizer(Vocabulary vocabulary) {}

  /** The ids of the text; special tokens are never made from text. */
  public int[] encode(String text) {
    throw new UnsupportedOperationException();
  }
}
