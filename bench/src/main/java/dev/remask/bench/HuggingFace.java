package dev.remask.bench;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.remask.mlm.Vocabulary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Map;

/**
 * Hugging Face's tokenizer in Rust, called below DJL's own interface: that would also bring token
 * texts, offsets and masks into Java, which nobody here asks for.
 */
final class HuggingFace implements AutoCloseable {
  static final String NAME = "Hugging Face, Rust";

  private final HuggingFaceTokenizer tokenizer;

  HuggingFace(Vocabulary vocabulary) throws IOException {
    tokenizer =
        HuggingFaceTokenizer.newInstance(
            new ByteArrayInputStream(vocabulary.tokenizerJson()),
            Map.of("truncation", "false", "padding", "false"));
  }

  /** Why it cannot run on this machine; empty if it can. */
  static String absent() {
    try {
      LibUtils.checkStatus();
      return "";
    } catch (UnsatisfiedLinkError | IllegalStateException | AssertionError e) {
      return "no native library of DJL for this system (" + e.getMessage() + ")";
    }
  }

  long[] encode(String text) {
    long encoding = TokenizersLibrary.LIB.encode(tokenizer.getHandle(), text, false);
    try {
      return TokenizersLibrary.LIB.getTokenIds(encoding);
    } finally {
      TokenizersLibrary.LIB.deleteEncoding(encoding);
    }
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
