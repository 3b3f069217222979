package dev.remask.topology;

import static dev.remask.topology.Fixture.TOPICS;
import static dev.remask.topology.Fixture.VOCABULARY;
import static dev.remask.topology.Fixture.document;
import static dev.remask.topology.Fixture.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.remask.mlm.Carry;
import dev.remask.mlm.HeldOut;
import dev.remask.mlm.Packer;
import dev.remask.mlm.Packing;
import dev.remask.mlm.Sentences;
import dev.remask.mlm.TokenSegment;
import dev.remask.mlm.Tokenizer;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Books;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.DocumentIds;
import dev.remask.schemas.DocumentsFormat;
import dev.remask.schemas.InputFormat;
import dev.remask.schemas.PackerState;
import dev.remask.schemas.Segment;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.TextUnit;
import dev.remask.schemas.TokenIds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;

/**
 * The packer against a reference that works through the same records one after another, with no
 * state but the list of what came before. After every single record the books must be those of the
 * reference (invariant 5); at the end the segments must be its segments (invariants 3, 4, 11).
 */
class PackingReferenceTest {
  /** What a record is. */
  enum Kind {
    DOCUMENT,
    EMPTY,
    TOO_LONG,
    POISON,
    NO_ID,
    TOMBSTONE,
    FLUSH
  }

  /** How documents are written and where their ids are. */
  record Form(DocumentsFormat format, DocumentIds ids) {
    byte[] value(Input input) {
      boolean poison = input.kind() == Kind.POISON;
      return switch (format) {
        case AVRO -> poison ? utf8(input.text()) : document(input.text());
        case TEXT -> poison ? new byte[] {'A', (byte) 0xC3} : utf8(input.text());
        case JSON -> poison ? utf8("{\"body\":") : json(input);
        case UNKNOWN -> throw new AssertionError();
      };
    }

    private static byte[] json(Input input) {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      object.putObject("body").put("text", input.text());
      if (input.kind() != Kind.NO_ID) {
        object.put("id", input.id());
      }
      return utf8(object.toString());
    }

    Dataset of(Dataset dataset) {
      return Dataset.newBuilder(dataset)
          .setDocumentsFormat(format)
          .setDocumentIds(ids)
          .setDocumentTextField("body.text")
          .build();
    }
  }

  /** How documents are cut: every format, with every unit that it takes. */
  enum Cut {
    FULL(InputFormat.FULL_SENTENCES, TextUnit.SENTENCES),
    FULL_LINES(InputFormat.FULL_SENTENCES, TextUnit.LINES),
    FULL_TEXT(InputFormat.FULL_SENTENCES, TextUnit.NONE),
    DOC(InputFormat.DOC_SENTENCES, TextUnit.SENTENCES),
    DOC_TEXT(InputFormat.DOC_SENTENCES, TextUnit.NONE),
    SEGMENT_PAIRS(InputFormat.SEGMENT_PAIR, TextUnit.SENTENCES),
    SEGMENT_PAIRS_OF_LINES(InputFormat.SEGMENT_PAIR, TextUnit.LINES),
    SENTENCE_PAIRS(InputFormat.SENTENCE_PAIR, TextUnit.SENTENCES);

    private final InputFormat format;
    private final TextUnit unit;

    Cut(InputFormat format, TextUnit unit) {
      this.format = format;
      this.unit = unit;
    }

    Dataset of(Dataset dataset) {
      return Dataset.newBuilder(dataset).setInputFormat(format).setTextUnit(unit).build();
    }

    Sentences sentences() {
      return switch (unit) {
        case SENTENCES -> Sentences.prose(Locale.ROOT);
        case LINES -> Sentences.lines();
        case NONE -> Sentences.none();
        case UNKNOWN -> throw new AssertionError();
      };
    }

    Packer packer(int length, boolean heldOut) {
      String key = Fixture.DATASET + (heldOut ? "\nheldout" : "");
      return switch (this) {
        case FULL, FULL_LINES -> Packer.fullSentences(length);
        case FULL_TEXT -> Packer.fullText(length);
        case DOC -> Packer.docSentences(length);
        case DOC_TEXT -> Packer.docText(length);
        case SEGMENT_PAIRS, SEGMENT_PAIRS_OF_LINES -> Packer.segmentPairs(length, key, 0);
        case SENTENCE_PAIRS -> Packer.sentencePairs(length, key, 0);
      };
    }
  }

  record Input(Kind kind, String id, String text) {
    /** Where the id is elsewhere, the key may be anything or nothing. */
    TestRecord<byte[], byte[]> record(Form form) {
      byte[] key =
          kind == Kind.NO_ID ? null : form.ids() == DocumentIds.KEY ? utf8(id) : new byte[] {-1};
      return switch (kind) {
        case DOCUMENT, EMPTY, TOO_LONG, NO_ID, POISON -> new TestRecord<>(key, form.value(this));
        case TOMBSTONE -> new TestRecord<>(key, null);
        case FLUSH -> Fixture.flush();
      };
    }

    /** As the packer must understand it. */
    Input at(long offset, Form form) {
      if (form.ids() != DocumentIds.PLACE) {
        return this;
      }
      return new Input(kind == Kind.NO_ID ? Kind.DOCUMENT : kind, "0-" + offset, text);
    }
  }

  @Property(tries = 250)
  void packsAsTheReferenceDoes(
      @ForAll("inputs") List<Input> inputs,
      @ForAll @IntRange(max = 6) int window,
      @ForAll("shares") int heldOutPermille,
      @ForAll("forms") Form form,
      @ForAll("cuts") Cut cut) {
    Dataset dataset = cut.of(form.of(Fixture.dataset(1, heldOutPermille, window)));
    Reference reference = new Reference(dataset, cut);
    try (TopologyTestDriver driver = Fixture.packer(dataset)) {
      TestInputTopic<byte[], byte[]> documents = Fixture.input(driver, TOPICS.documents(1).name());
      for (int offset = 0; offset < inputs.size(); offset++) {
        Input input = inputs.get(offset);
        documents.pipeInput(input.record(form));
        reference.read(input.at(offset, form));
        PackerState state =
            driver.<Integer, PackerState>getKeyValueStore(PackingTopology.STATE).get(0);
        assertThat(state.getBooks()).as("after %s", input).isEqualTo(reference.books());
        assertBalanced(state.getBooks());
      }
      Books books = reference.books();
      assertThat(textTokens(reference.training, reference.trainingCarry))
          .isEqualTo(books.getTokens() - books.getTruncatedTokens() + books.getRepeatedTokens());
      assertThat(textTokens(reference.heldOut, reference.heldOutCarry))
          .isEqualTo(
              books.getHeldOutTokens()
                  - books.getHeldOutTruncatedTokens()
                  + books.getHeldOutRepeatedTokens());
      assertSegments(driver, TOPICS.segments(Fixture.DATASET, 1).name(), reference.training);
      assertSegments(driver, TOPICS.heldOut(Fixture.DATASET, 1).name(), reference.heldOut);
      assertThat(Fixture.output(driver, TOPICS.deadLetters()).readRecordsToList())
          .hasSize((int) reference.deadLetters);
      assertBounded(driver, window);
    }
  }

  private static void assertBalanced(Books books) {
    assertThat(
            books.getPacked()
                + books.getPending()
                + books.getHeldOut()
                + books.getDuplicates()
                + books.getTombstones()
                + books.getDeadLetters())
        .isEqualTo(books.getDocuments());
  }

  /** In the segments of a half, or waiting. */
  private static long textTokens(List<TokenSegment> segments, Carry carry) {
    return Stream.concat(segments.stream().map(TokenSegment::tokens), Stream.of(carry.tokens()))
        .flatMapToInt(Arrays::stream)
        .filter(id -> id != Vocabulary.BOS && id != Vocabulary.EOS)
        .count();
  }

  private static void assertSegments(
      TopologyTestDriver driver, String topic, List<TokenSegment> expected) {
    TestOutputTopic<byte[], Segment> output = Fixture.output(driver, topic, Segment.class);
    List<TestRecord<byte[], Segment>> records = output.readRecordsToList();
    assertThat(records).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      Segment segment = records.get(i).value();
      assertThat(SequenceKey.decode(records.get(i).key())).isEqualTo(new SequenceKey(0, i));
      assertThat(segment.getSequence()).isEqualTo(i).isEqualTo(expected.get(i).sequence());
      assertThat(TokenIds.decode(segment.getTokens(), segment.getWidth()))
          .isEqualTo(expected.get(i).tokens());
      assertThat(segment.getSecondPart()).isEqualTo(expected.get(i).secondPart());
      assertThat(segment.getNextSentence()).isEqualTo(expected.get(i).nextSentence());
      assertThat(segment.getDocuments())
          .map(span -> span.getDocument() + "@" + span.getStart() + "-" + span.getEnd())
          .isEqualTo(
              expected.get(i).spans().stream()
                  .map(span -> span.document() + "@" + span.start() + "-" + span.end())
                  .toList());
      assertBalanced(segment.getBooks());
    }
  }

  /** Invariant 10: the memory of duplicates holds at most the window. */
  private static void assertBounded(TopologyTestDriver driver, int window) {
    try (var entries = driver.getKeyValueStore(PackingTopology.RECENT).all()) {
      int count = 0;
      for (; entries.hasNext(); entries.next()) {
        count++;
      }
      assertThat(count).isLessThanOrEqualTo(window);
    }
  }

  /** The packer, told plainly. */
  private static final class Reference {
    private final Dataset dataset;
    private final Tokenizer tokenizer = new Tokenizer(VOCABULARY);
    private final Sentences sentences;
    private final Packer trainingPacker;
    private final Packer heldOutPacker;
    private final List<Input> records = new ArrayList<>(); // flush signals left out
    private final List<TokenSegment> training = new ArrayList<>();
    private final List<TokenSegment> heldOut = new ArrayList<>();
    private Carry trainingCarry = Carry.EMPTY;
    private Carry heldOutCarry = Carry.EMPTY;
    private long accepted;
    private long heldOutDocuments;
    private long duplicates;
    private long tombstones;
    private long deadLetters;
    private long tokens;
    private long flushes;
    private long updates;
    private long truncated;
    private long repeated;
    private long heldOutTokens;
    private long heldOutTruncated;
    private long heldOutRepeated;

    Reference(Dataset dataset, Cut cut) {
      this.dataset = dataset;
      this.sentences = cut.sentences();
      this.trainingPacker = cut.packer(dataset.getSegmentLength(), false);
      this.heldOutPacker = cut.packer(dataset.getSegmentLength(), true);
    }

    void read(Input input) {
      switch (input.kind()) {
        case FLUSH -> {
          flushes++;
          trainingCarry = take(trainingPacker.flush(trainingCarry), training);
          heldOutCarry = take(heldOutPacker.flush(heldOutCarry), heldOut);
        }
        case TOMBSTONE -> {
          tombstones++;
          if (dataset.getDocumentIds() == DocumentIds.KEY) {
            trainingCarry = trainingCarry.without(input.id());
            heldOutCarry = heldOutCarry.without(input.id());
          }
        }
        case EMPTY, TOO_LONG, POISON, NO_ID -> deadLetters++;
        case DOCUMENT -> {
          String before = before(input.id());
          if (input.text().equals(before)) {
            duplicates++;
          } else {
            updates += before == null ? 0 : 1;
            accept(input);
          }
        }
      }
      if (input.kind() != Kind.FLUSH) {
        records.add(input);
      }
    }

    /** Of the last records, as many as the window has, what the newest of this id said. */
    private @Nullable String before(String id) {
      int oldest = Math.max(0, records.size() - dataset.getDuplicateWindow());
      for (int i = records.size() - 1; i >= oldest; i--) {
        Input earlier = records.get(i);
        boolean names = dataset.getDocumentIds() == DocumentIds.KEY; // a tombstone, an id
        boolean says =
            earlier.kind() == Kind.DOCUMENT || (names && earlier.kind() == Kind.TOMBSTONE);
        if (says && earlier.id().equals(id)) {
          return earlier.kind() == Kind.DOCUMENT ? earlier.text() : null;
        }
      }
      return null;
    }

    private void accept(Input input) {
      List<int[]> encoded = sentences.split(input.text()).stream().map(tokenizer::encode).toList();
      long length = encoded.stream().mapToLong(sentence -> sentence.length).sum();
      if (HeldOut.contains(input.id(), dataset.getHeldOutPermille())) {
        heldOutDocuments++;
        heldOutTokens += length;
        Packing packing = heldOutPacker.pack(heldOutCarry, input.id(), encoded);
        heldOutTruncated += packing.truncated();
        heldOutRepeated += packing.repeated();
        heldOutCarry = take(packing, heldOut);
      } else {
        accepted++;
        tokens += length;
        Packing packing = trainingPacker.pack(trainingCarry, input.id(), encoded);
        truncated += packing.truncated();
        repeated += packing.repeated();
        trainingCarry = take(packing, training);
      }
    }

    private static Carry take(Packing packing, List<TokenSegment> segments) {
      segments.addAll(packing.segments());
      return packing.carry();
    }

    Books books() {
      // Whatever has a token in the carry has its last one there.
      long pending = trainingCarry.spans().size();
      return new Books(
          (long) records.size(),
          accepted - pending,
          pending,
          heldOutDocuments,
          duplicates,
          tombstones,
          deadLetters,
          tokens,
          flushes,
          updates,
          truncated,
          repeated,
          heldOutTokens,
          heldOutTruncated,
          heldOutRepeated);
    }
  }

  @Provide
  Arbitrary<Integer> shares() {
    return Arbitraries.of(0, 300, 1000);
  }

  @Provide
  Arbitrary<Cut> cuts() {
    return Arbitraries.of(Cut.class);
  }

  @Provide
  Arbitrary<Form> forms() {
    return Combinators.combine(
            Arbitraries.of(DocumentsFormat.AVRO, DocumentsFormat.TEXT, DocumentsFormat.JSON),
            Arbitraries.of(DocumentIds.KEY, DocumentIds.PLACE, DocumentIds.FIELD))
        .as(Form::new)
        .filter(form -> form.ids() != DocumentIds.FIELD || form.format() == DocumentsFormat.JSON);
  }

  /** Few ids and few texts, so that repetitions are common. */
  @Provide
  Arbitrary<List<Input>> inputs() {
    Arbitrary<String> ids =
        Arbitraries.frequency(Tuple.of(3, "a"), Tuple.of(2, "b"), Tuple.of(1, "c"));
    Arbitrary<String> texts =
        Arbitraries.frequency(
            Tuple.of(6, "A cat."),
            Tuple.of(2, "A dog."),
            Tuple.of(1, "The cat sat on the mat. The dog sat on the cat."),
            Tuple.of(1, "One. Two. Three.\nFour. Five. Six.\n\nSeven. Eight. Nine. Ten. Eleven."),
            Tuple.of(1, "Supercalifragilisticexpialidocious antidisestablishmentarianism."));
    Arbitrary<Input> documents =
        Combinators.combine(ids, texts).as((id, text) -> new Input(Kind.DOCUMENT, id, text));
    Arbitrary<Input> others =
        Combinators.combine(
                ids,
                Arbitraries.of(
                    Kind.EMPTY, Kind.TOO_LONG, Kind.POISON, Kind.NO_ID, Kind.TOMBSTONE, Kind.FLUSH))
            .as((id, kind) -> new Input(kind, id, text(kind)));
    return Arbitraries.frequencyOf(Tuple.of(3, documents), Tuple.of(1, others))
        .list()
        .ofMaxSize(60);
  }

  private static String text(Kind kind) {
    return switch (kind) {
      case EMPTY -> " \n\u2003 ";
      case TOO_LONG -> "cat ".repeat(100);
      default -> "A cat.";
    };
  }
}
