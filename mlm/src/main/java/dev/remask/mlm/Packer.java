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

  /**
   * Ends the segment that waits, however short; nothing if none waits. Of what pairs take second
   * parts from nothing is lost.
   */
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
    return new FullSentences(segmentLength, false);
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
    return new DocSentences(new FullSentences(segmentLength, false));
  }

  /**
   * As full sentences, but what does not fit is cut where the segment is full (fairseq's {@code
   * none} break mode), so that all segments but flushed ones have the full length, or one or two
   * tokens less before a document.
   *
   * @param segmentLength the most tokens of a segment, 3 ... 65,536
   */
  static Packer fullText(int segmentLength) {
    return new FullSentences(segmentLength, true);
  }

  /**
   * The same, but a segment never has tokens of two documents.
   *
   * @param segmentLength the most tokens of a segment, 3 ... 65,536
   */
  static Packer docText(int segmentLength) {
    return new DocSentences(new FullSentences(segmentLength, true));
  }

  /**
   * RoBERTa's SEGMENT-PAIR+NSP (arXiv 1907.11692 §4.2), as BERT's {@code
   * create_instances_from_document} makes it: {@code <s> A </s> B </s>}, with T = segment length -
   * 3 tokens of text at most.
   *
   * <ul>
   *   <li>A document's target length is T; with probability 0.1 it is uniform in 2 ... T.
   *   <li>Sentences are taken until they have the target length, or the document ends. Of n, the
   *       first 1 ... n - 1, uniformly, are A.
   *   <li>If n is 1, or else with probability 1/2, B is of another document: of an excerpt from a
   *       random sentence on, until A and B have the target length; at least one sentence. The
   *       sentences behind A are put back. Otherwise B is the sentences behind A.
   *   <li>While both have more than T tokens, the longer part (B if equal) loses a token, from its
   *       front or its back with equal probability.
   * </ul>
   *
   * <p>What BERT does not say: a sentence of more than T - 1 tokens is cut into pieces of that many
   * and a rest; each piece counts as a sentence. The other document is one of the latest of this
   * carry with another id: each leaves as many excerpts as it has T - 1 tokens, 1 to 8, from random
   * sentences on, of at most T - 1 tokens and 16 KiB; the last 32 in 64 KiB are kept, of an id
   * those of its newest text, and one of them is chosen uniformly. While there is none, B follows
   * A; a single sentence is then cut in its middle, and one of a single token is left out, which is
   * counted as truncated.
   *
   * <p>All draws are functions of (dataset, partition, sequence). Nothing waits in the carry. Spans
   * cover a document's tokens with their {@code </s>}, those of the other document too.
   *
   * @param segmentLength the most tokens of a segment, 5 ... 65,536
   * @param dataset any text: another one gives other pairs
   */
  static Packer segmentPairs(int segmentLength, String dataset, int partition) {
    return Pairs.ofSegments(segmentLength, dataset, partition);
  }

  /**
   * RoBERTa's SENTENCE-PAIR+NSP (arXiv 1907.11692 §4.2): segment pairs of two single sentences. A
   * is the next sentence; B is the one behind it, or with probability 1/2, and where the document
   * ends, a random sentence of another document's excerpt. There is no target length; what is too
   * long is cut and truncated as in segment pairs.
   *
   * @param segmentLength the most tokens of a segment, 5 ... 65,536
   * @param dataset any text: another one gives other pairs
   */
  static Packer sentencePairs(int segmentLength, String dataset, int partition) {
    return Pairs.ofSentences(segmentLength, dataset, partition);
  }
}
