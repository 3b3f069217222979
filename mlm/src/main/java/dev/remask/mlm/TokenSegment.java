package dev.remask.mlm;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run of at most T token ids, special tokens included, and the documents it holds.
 *
 * @param secondPart index of the first token of a pair's second part, -1 if there is one part only
 * @param nextSentence whether a pair's second part follows the first in its document; null if there
 *     is one part only
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a list would box every token
public record TokenSegment(
    long sequence, int[] tokens, List<Span> spans, int secondPart, @Nullable Boolean nextSentence) {
  public TokenSegment(long sequence, int[] tokens, List<Span> spans) {
    this(sequence, tokens, spans, -1, null);
  }
}
