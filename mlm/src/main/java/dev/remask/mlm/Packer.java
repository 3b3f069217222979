package dev.remask.mlm;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Cuts a stream of documents into segments; a pure function of the carry and the document. */
public interface Packer {
  /**
   * Adds a document to the carry.
   *
   * @param source goes into the document's spans
   * @param sentences text ids, no special tokens; empty ones count for nothing
   */
  Packing pack(Carry carry, String document, @Nullable String source, List<int[]> sentences);

  /** Adds a document that does not say where it came from. */
  default Packing pack(Carry carry, String document, List<int[]> sentences) {
    return pack(carry, document, null, sentences);
  }

  /** Ends the segment that waits, however short; nothing if none waits. */
  Packing flush(Carry carry);

  /**
   * RoBERTa's FULL-SENTENCES (arXiv 1907.11692 §4.2; fairseq's {@code complete} break mode): a
   * segment is {@code <s>}, then contiguous sentences of one or more documents, each with its
   * {@code </s>}, up to the segment length.
   *
   * <ul>
   *   <li>A sentence that does not fit starts the next segment.
   *   <li>A sentence of more than {@code segmentLength - 2} tokens is cut into pieces of that many
   *       and a rest; each piece counts as a sentence. (fairseq lets such a block grow too long and
   *       drops it later.)
   *   <li>One more {@code </s>} separates two documents, where both have a sentence in the same
   *       segment: if the separator and the next document's first sentence do not both fit, the
   *       segment ends without it and the next one starts with the document. (fairseq may end or
   *       start a block with the separator.) A flush ends a segment in the same way.
   *   <li>A document without text leaves no trace, and each call is a document of its own, also if
   *       the id comes again.
   * </ul>
   *
   * <p>Spans cover a document's tokens with their {@code </s>}; {@code <s>} and the separators are
   * in none. The packer has no state.
   *
   * @param segmentLength the most tokens of a segment, 3 ... 65,536
   */
  static Packer fullSentences(int segmentLength) {
    return new FullSentences(segmentLength);
  }

  /**
   * RoBERTa's DOC-SENTENCES (arXiv 1907.11692 §4.2; fairseq's {@code complete_doc} break mode): as
   * full sentences, but a segment never has tokens of two documents, so the last one of a document
   * may be short and no separator stands between documents. Nothing waits in the carry, a flush has
   * nothing to end, and short documents are not dropped.
   *
   * @param segmentLength the most tokens of a segment, 3 ... 65,536
   */
  static Packer docSentences(int segmentLength) {
    return new DocSentences(new FullSentences(segmentLength));
  }
}
