package dev.remask.mlm;

import java.util.List;

/**
 * The segments that a document filled, and what is left. Its tokens = those in segments + truncated
 * + what it added to the carry.
 *
 * @param truncated text tokens of the document that pairs leave out
 * @param repeated text tokens of other documents in the second parts of pairs
 */
public record Packing(List<TokenSegment> segments, Carry carry, long truncated, long repeated) {
  public Packing(List<TokenSegment> segments, Carry carry) {
    this(segments, carry, 0, 0);
  }
}
