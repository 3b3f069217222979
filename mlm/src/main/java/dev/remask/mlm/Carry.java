package dev.remask.mlm;

import java.util.List;

/**
 * What a packer remembers between documents: the number of the segment that waits, its tokens so
 * far from {@code <s>} on (none if it has no sentence yet), the documents they come from, and for
 * pairs what the second parts are taken from.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a list would box every token
public record Carry(long nextSequence, int[] tokens, List<Span> spans, Excerpts partners) {
  public static final Carry EMPTY = new Carry(0, new int[0], List.of());

  public Carry(long nextSequence, int[] tokens, List<Span> spans) {
    this(nextSequence, tokens, spans, Excerpts.NONE);
  }

  /** No second part comes from that document any more; what waits is packed all the same. */
  public Carry without(String document) {
    return new Carry(nextSequence, tokens, spans, partners.without(document));
  }
}
