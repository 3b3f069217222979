package dev.remask.topology;

import dev.remask.mlm.Carry;
import dev.remask.mlm.Excerpts;
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
import org.apache.kafka.common.config.ConfigException;

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
  private final Sentences sentences;
  private final Packer training;
  private final Packer heldOut;
  private final TokenWidth width;

  /**
   * @throws ConfigException as {@link PackingFormat#of}
   */
  PartitionPacker(Dataset dataset, int partition, Tokenizer tokenizer) {
    PackingFormat format = PackingFormat.of(dataset);
    this.dataset = dataset;
    this.partition = partition;
    this.tokenizer = tokenizer;
    this.sentences = format.sentences();
    this.training = format.training(partition);
    this.heldOut = format.heldOut(partition);
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
    List<int[]> encoded = new ArrayList<>();
    long tokens = 0;
    for (String sentence : sentences.split(text)) {
      int[] ids = tokenizer.encode(sentence);
      encoded.add(ids);
      tokens += ids.length;
    }
    if (tokens == 0) {
      throw new BadDocument(BadDocument.Reason.EMPTY, "no text");
    }
    return HeldOut.contains(document.id(), dataset.getHeldOutPermille()) // invariant 11
        ? packHeldOut(state, document, encoded, tokens)
        : packTraining(state, document, encoded, tokens);
  }

  private Step packTraining(
      PackerState state, DocumentDecoder.Decoded document, List<int[]> encoded, long tokens) {
    Packing packing =
        training.pack(carry(state.getTraining()), document.id(), document.source(), encoded);
    Books books = Bookkeeping.training(state.getBooks(), tokens, packing);
    // The document's end is in the last segment, unless it waits.
    long waiting = packing.carry().tokens().length == 0 ? 0 : 1;
    List<Segment> segments = new ArrayList<>();
    for (TokenSegment full : packing.segments()) {
      // Whatever waited before this document is in the first segment.
      boolean last = segments.size() + 1 == packing.segments().size();
      books = Bookkeeping.settle(books, last ? waiting : 1);
      segments.add(segment(full, books));
    }
    if (waiting == 0) {
      books = Bookkeeping.settle(books, 0); // a pair may be left out, and no segment be there
    }
    return new Step(
        new PackerState(state(packing.carry()), state.getHeldOut(), books, state.getNextOffset()),
        segments,
        List.of());
  }

  private Step packHeldOut(
      PackerState state, DocumentDecoder.Decoded document, List<int[]> encoded, long tokens) {
    Packing packing =
        heldOut.pack(carry(state.getHeldOut()), document.id(), document.source(), encoded);
    Books books = Bookkeeping.heldOut(state.getBooks(), tokens, packing);
    return new Step(
        new PackerState(state.getTraining(), state(packing.carry()), books, state.getNextOffset()),
        List.of(),
        segments(packing, books));
  }

  /** No text of the document comes again; what waits of it has been packed. */
  PackerState forget(PackerState state, String document) {
    return new PackerState(
        state(carry(state.getTraining()).without(document)),
        state(carry(state.getHeldOut()).without(document)),
        state.getBooks(),
        state.getNextOffset());
  }

  /** Ends both waiting segments of the partition. */
  Step flush(PackerState state) {
    Packing learned = training.flush(carry(state.getTraining()));
    Packing apart = heldOut.flush(carry(state.getHeldOut()));
    Books books = Bookkeeping.settle(Bookkeeping.flush(state.getBooks()), 0);
    return new Step(
        new PackerState(state(learned.carry()), state(apart.carry()), books, state.getNextOffset()),
        segments(learned, books),
        segments(apart, books));
  }

  private List<Segment> segments(Packing packing, Books books) {
    return packing.segments().stream().map(segment -> segment(segment, books)).toList();
  }

  @SuppressWarnings("NullAway") // generated code takes null where the schema does
  private Segment segment(TokenSegment segment, Books books) {
    return Segment.newBuilder()
        .setPartition(partition)
        .setSequence(segment.sequence())
        .setWidth(width)
        .setTokens(TokenIds.encode(segment.tokens(), width))
        .setDocuments(documentSpans(segment.spans()))
        .setSecondPart(segment.secondPart())
        .setNextSentence(segment.nextSentence())
        .setBooks(books)
        .build();
  }

  private static CarryState state(Carry carry) {
    return new CarryState(
        carry.nextSequence(),
        TokenIds.encode(carry.tokens(), TokenWidth.I32_LE),
        documentSpans(carry.spans()),
        TokenIds.encode(carry.partners().tokens(), TokenWidth.I32_LE),
        documentSpans(carry.partners().spans()));
  }

  private static Carry carry(CarryState state) {
    return new Carry(
        state.getNextSequence(),
        TokenIds.decode(state.getTokens(), TokenWidth.I32_LE),
        spans(state.getDocuments()),
        new Excerpts(
            TokenIds.decode(state.getPartnerTokens(), TokenWidth.I32_LE),
            spans(state.getPartners())));
  }

  private static List<Span> spans(List<DocumentSpan> spans) {
    return spans.stream()
        .map(span -> new Span(span.getDocument(), span.getStart(), span.getEnd(), span.getSource()))
        .toList();
  }

  @SuppressWarnings("NullAway") // generated code takes null where the schema does
  private static List<DocumentSpan> documentSpans(List<Span> spans) {
    return spans.stream()
        .map(span -> new DocumentSpan(span.document(), span.start(), span.end(), span.source()))
        .toList();
  }
}
