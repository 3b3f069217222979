package dev.remask.topology;

import dev.remask.mlm.Carry;
import dev.remask.mlm.HeldOut;
import dev.remask.mlm.Packer;
import dev.remask.mlm.Packing;
import dev.remask.mlm.Sentences;
import dev.remask.mlm.Span;
import dev.remask.mlm.TokenSegment;
import dev.remask.mlm.Tokenizer;
import dev.remask.schemas.Books;
import dev.remask.schemas.CarryState;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.DocumentSpan;
import dev.remask.schemas.PackerState;
import dev.remask.schemas.Segment;
import dev.remask.schemas.TokenIds;
import dev.remask.schemas.TokenWidth;
import java.util.ArrayList;
import java.util.List;

/**
 * What a document or a flush signal does to one partition: state in, state and segments out,
 * nothing else (invariant 4). Not thread-safe, because the tokenizer is not.
 */
final class PartitionPacker {
  static final PackerState EMPTY =
      new PackerState(state(Carry.EMPTY), state(Carry.EMPTY), Bookkeeping.NOTHING, 0L);

  /** The state after a record, and the segments that it filled, in order. */
  record Step(PackerState state, List<Segment> training, List<Segment> heldOut) {}

  private final Dataset dataset;
  private final int partition;
  private final Tokenizer tokenizer;
  private final Packer packer;
  private final TokenWidth width;

  PartitionPacker(Dataset dataset, int partition, Tokenizer tokenizer, Packer packer) {
    this.dataset = dataset;
    this.partition = partition;
    this.tokenizer = tokenizer;
    this.packer = packer;
    this.width = TokenIds.widthFor(dataset.getVocabularySize());
  }

  /**
   * @throws BadDocument if the text is too long, or empty
   */
  Step pack(PackerState state, DocumentDecoder.Decoded document) {
    String text = document.text();
    if (text.length() > dataset.getDocumentCharsMax()) {
      throw new BadDocument(
          BadDocument.Reason.TOO_LONG,
          text.length() + " characters; at most " + dataset.getDocumentCharsMax());
    }
    List<int[]> sentences = Sentences.split(text).stream().map(tokenizer::encode).toList();
    long tokens = sentences.stream().mapToLong(sentence -> sentence.length).sum();
    if (tokens == 0) {
      throw new BadDocument(BadDocument.Reason.EMPTY, "no text");
    }
    return HeldOut.contains(document.id(), dataset.getHeldOutPermille()) // invariant 11
        ? packHeldOut(state, document, sentences)
        : packTraining(state, document, sentences, tokens);
  }

  private Step packTraining(
      PackerState state, DocumentDecoder.Decoded document, List<int[]> sentences, long tokens) {
    Packing packing = pack(state.getTraining(), document, sentences);
    Books books = Bookkeeping.training(state.getBooks(), tokens);
    List<Segment> segments = new ArrayList<>();
    for (TokenSegment full : packing.segments()) {
      // Whatever waited before this document is in the first segment. A segment is full only when
      // more comes, so this document's end waits on.
      books = Bookkeeping.settle(books, 1);
      segments.add(segment(full, books));
    }
    return new Step(
        new PackerState(state(packing.carry()), state.getHeldOut(), books, state.getNextOffset()),
        segments,
        List.of());
  }

  private Step packHeldOut(
      PackerState state, DocumentDecoder.Decoded document, List<int[]> sentences) {
    Packing packing = pack(state.getHeldOut(), document, sentences);
    Books books = Bookkeeping.heldOut(state.getBooks());
    return new Step(
        new PackerState(state.getTraining(), state(packing.carry()), books, state.getNextOffset()),
        List.of(),
        segments(packing, books));
  }

  private Packing pack(CarryState carry, DocumentDecoder.Decoded document, List<int[]> sentences) {
    return packer.pack(carry(carry), document.id(), document.source(), sentences);
  }

  /** Ends both waiting segments of the partition. */
  Step flush(PackerState state) {
    Packing training = packer.flush(carry(state.getTraining()));
    Packing heldOut = packer.flush(carry(state.getHeldOut()));
    Books books = Bookkeeping.settle(Bookkeeping.flush(state.getBooks()), 0);
    return new Step(
        new PackerState(
            state(training.carry()), state(heldOut.carry()), books, state.getNextOffset()),
        segments(training, books),
        segments(heldOut, books));
  }

  private List<Segment> segments(Packing packing, Books books) {
    return packing.segments().stream().map(segment -> segment(segment, books)).toList();
  }

  private Segment segment(TokenSegment segment, Books books) {
    return Segment.newBuilder()
        .setPartition(partition)
        .setSequence(segment.sequence())
        .setWidth(width)
        .setTokens(TokenIds.encode(segment.tokens(), width))
        .setDocuments(documentSpans(segment.spans()))
        .setBooks(books)
        .build();
  }

  private static CarryState state(Carry carry) {
    return new CarryState(
        carry.nextSequence(),
        TokenIds.encode(carry.tokens(), TokenWidth.I32_LE),
        documentSpans(carry.spans()));
  }

  private static Carry carry(CarryState state) {
    return new Carry(
        state.getNextSequence(),
        TokenIds.decode(state.getTokens(), TokenWidth.I32_LE),
        state.getDocuments().stream()
            .map(
                span ->
                    new Span(span.getDocument(), span.getStart(), span.getEnd(), span.getSource()))
            .toList());
  }

  @SuppressWarnings("NullAway") // generated code takes null where the schema does
  private static List<DocumentSpan> documentSpans(List<Span> spans) {
    return spans.stream()
        .map(span -> new DocumentSpan(span.document(), span.start(), span.end(), span.source()))
        .toList();
  }
}
