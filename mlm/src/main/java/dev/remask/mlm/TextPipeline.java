package dev.remask.mlm;

import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * What a vocabulary does to text before it merges: it cuts out added tokens, normalizes the rest,
 * and cuts that into pre-tokens.
 */
record TextPipeline(Normalization normalization, AddedTokens added, PreTokenizer preTokenizer) {
  /** GPT-2's: pre-tokens alone. */
  static final TextPipeline GPT2 =
      new TextPipeline(Normalization.NONE, AddedTokens.NONE, PreTokenizer.GPT2);

  boolean isGpt2() {
    return normalization.forms().isEmpty()
        && added.tokens().isEmpty()
        && preTokenizer.equals(PreTokenizer.GPT2);
  }

  /** The pre-tokens of a well-formed text and the ids of the added tokens among them, in order. */
  void cut(String text, Consumer<String> preTokens, IntConsumer addedTokens) {
    added.cut(text, rest -> preTokenizer.cut(rest, preTokens), addedTokens);
  }
}
