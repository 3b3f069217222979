package dev.remask.mlm;

import java.util.List;

/** Cuts a stream of documents into segments; a pure function of the carry and the document. */
public interface Packer {
  Packing pack(Carry carry, String document, List<int[]> sentences);

  /** Ends the segment that waits, however short; nothing if none waits. */
  Packing flush(Carry carry);

  static Packer fullSentences(int segmentLength) {
    throw new UnsupportedOperationException();
  }
}
