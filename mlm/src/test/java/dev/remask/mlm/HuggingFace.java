package dev.remask.mlm;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** Hugging Face's own tokenizer, in Rust, by DJL. */
final class HuggingFace {
  private HuggingFace() {}

  /** Skips the test, and says so, where DJL has no library for the platform. */
  static HuggingFaceTokenizer tokenizer(byte[] tokenizerJson) throws IOException {
    try {
      LibUtils.checkStatus();
    } catch (UnsatisfiedLinkError | IllegalStateException | AssertionError e) {
      System.err.println("SKIPPED: no native Hugging Face tokenizer here: " + e);
      return Assumptions.abort("no native Hugging Face tokenizer here: " + e);
    }
    return HuggingFaceTokenizer.newInstance(
        new ByteArrayInputStream(tokenizerJson), Map.of("truncation", "false", "padding", "false"));
  }

  /** Below DJL's own interface, which brings token texts, offsets and masks into Java as well. */
  static long[] ids(HuggingFaceTokenizer tokenizer, String text) {
    long encoding = TokenizersLibrary.LIB.encode(tokenizer.getHandle(), text, false);
    try {
      return TokenizersLibrary.LIB.getTokenIds(encoding);
    } finally {
      TokenizersLibrary.LIB.deleteEncoding(encoding);
    }
  }
}
