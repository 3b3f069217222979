package dev.remask.mlm;

import java.util.List;

/** What a packer remembers between documents. */
public record Carry(long nextSequence, int[] tokens, List<Span> spans) {
  public static final Carry EMPTY = new Carry(0, new int[0], List.of());
}
