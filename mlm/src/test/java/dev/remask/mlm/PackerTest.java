package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PackerTest {
  private record Document(String id, List<int[]> sentences) {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Piece(int document, int[] tokens) {}

  /** Segments without identity, to compare. */
  private static List<String> show(List<TokenSegment> segments) {
    return segments.stream()
        .map(s -> s.sequence() + Arrays.toString(s.tokens()) + show(s.spans()))
        .toList();
  }

  private static String show(Collection<Span> spans) {
    return spans.stream()
        .map(span -> " " + span.document() + "@" + span.start() + "-" + span.end())
        .collect(Collectors.joining());
  }

  /** Text ids count up over the whole stream, so that none can be lost, repeated or moved. */
  private static List<Document> documents(List<List<Integer>> lengths) {
    List<Document> documents = new ArrayList<>();
    int next = 100;
    for (List<Integer> sentenceLengths : lengths) {
      List<int[]> sentences = new ArrayList<>();
      for (int length : sentenceLengths) {
        int[] sentence = new int[length];
        for (int i = 0; i < length; i++) {
          sentence[i] = next++;
        }
        sentences.add(sentence);
      }
      documents.add(new Document("d" + documents.size() % 2, sentences));
    }
    return documents;
  }

  /** The stream through the packer, document by document, then a flush. */
  private static List<TokenSegment> pack(Packer packer, List<Document> documents) {
    List<TokenSegment> segments = new ArrayList<>();
    Carry carry = Carry.EMPTY;
    for (Document document : documents) {
      String before = carry.nextSequence() + Arrays.toString(carry.tokens()) + carry.spans();
      Packing packing = packer.pack(carry, document.id, document.sentences);
      assertThat(carry.nextSequence() + Arrays.toString(carry.tokens()) + carry.spans())
          .isEqualTo(before);
      segments.addAll(packing.segments());
      carry = packing.carry();
    }
    segments.addAll(packer.flush(carry).segments());
    return segments;
  }

  /**
   * The contract by brute force, over the whole stream at once: a segment takes the next piece if
   * what it then reads is short enough, and, unless segments may cross documents, of its document.
   */
  private static List<TokenSegment> reference(
      int most, boolean crossing, List<Document> documents) {
    List<Piece> pieces = new ArrayList<>();
    for (int d = 0; d < documents.size(); d++) {
      for (int[] sentence : documents.get(d).sentences) {
        for (int[] rest = sentence; rest.length > 0; ) {
          int length = Math.min(rest.length, most - 2);
          pieces.add(new Piece(d, Arrays.copyOf(rest, length)));
          rest = Arrays.copyOfRange(rest, length, rest.length);
        }
      }
    }
    List<TokenSegment> segments = new ArrayList<>();
    for (int start = 0, end; start < pieces.size(); start = end) {
      end = start + 1;
      while (end < pieces.size()
          && (crossing || pieces.get(end).document == pieces.get(start).document)
          && render(0, pieces.subList(start, end + 1), documents).tokens().length <= most) {
        end++;
      }
      segments.add(render(segments.size(), pieces.subList(start, end), documents));
    }
    return segments;
  }

  private static TokenSegment render(long sequence, List<Piece> pieces, List<Document> documents) {
    List<Integer> tokens = new ArrayList<>(List.of(Vocabulary.BOS));
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < pieces.size(); i++) {
      Piece piece = pieces.get(i);
      boolean first = i == 0 || pieces.get(i - 1).document != piece.document;
      if (first && i > 0) {
        tokens.add(Vocabulary.EOS);
      }
      int start = first ? tokens.size() : spans.remove(spans.size() - 1).start();
      Arrays.stream(piece.tokens).forEach(tokens::add);
      tokens.add(Vocabulary.EOS);
      spans.add(new Span(documents.get(piece.document).id, start, tokens.size()));
    }
    return new TokenSegment(sequence, tokens.stream().mapToInt(Integer::intValue).toArray(), spans);
  }

  private static void check(int segmentLength, List<List<Integer>> lengths) {
    List<Document> documents = documents(lengths);
    check(
        segmentLength,
        documents,
        pack(Packer.fullSentences(segmentLength), documents),
        reference(segmentLength, true, documents));
    List<TokenSegment> apart = pack(Packer.docSentences(segmentLength), documents);
    check(segmentLength, documents, apart, reference(segmentLength, false, documents));
    for (TokenSegment segment : apart) {
      assertThat(segment.spans()).hasSize(1);
    }
  }

  private static void check(
      int segmentLength,
      List<Document> documents,
      List<TokenSegment> segments,
      List<TokenSegment> expected) {
    assertThat(show(segments)).isEqualTo(show(expected));
    for (TokenSegment segment : segments) {
      assertThat(segment.tokens()).hasSizeBetween(3, segmentLength);
    }
    int[] text =
        segments.stream().flatMapToInt(s -> Arrays.stream(s.tokens())).filter(t -> t > 3).toArray();
    int[] all =
        documents.stream()
            .flatMap(d -> d.sentences.stream())
            .flatMapToInt(Arrays::stream)
            .toArray();
    assertThat(text).isEqualTo(all);
  }

  /** Every stream of two documents of at most two sentences of at most 7 tokens. */
  @Test
  void everySmallStreamIsPackedAsTheReferenceDoes() {
    List<List<Integer>> shapes = new ArrayList<>(List.of(List.of()));
    for (int a = 0; a <= 7; a++) {
      shapes.add(List.of(a));
      for (int b = 0; b <= 7; b++) {
        shapes.add(List.of(a, b));
      }
    }
    for (int segmentLength = 3; segmentLength <= 8; segmentLength++) {
      for (List<Integer> first : shapes) {
        for (List<Integer> second : shapes) {
          check(segmentLength, List.of(first, second));
        }
      }
    }
  }

  @Property
  void longStreamsToo(
      @ForAll @IntRange(min = 3, max = 40) int segmentLength,
      @ForAll @Size(max = 12) List<@Size(max = 8) List<@IntRange(min = 0, max = 60) Integer>> l) {
    check(segmentLength, l);
  }

  /** A flush between documents ends the segment; what follows is packed as from the start. */
  @Property
  void aFlushCutsTheStream(
      @ForAll @IntRange(min = 3, max = 20) int segmentLength,
      @ForAll @Size(max = 5) List<@Size(max = 4) List<@IntRange(min = 0, max = 30) Integer>> a,
      @ForAll @Size(max = 5) List<@Size(max = 4) List<@IntRange(min = 0, max = 30) Integer>> b) {
    Packer packer = Packer.fullSentences(segmentLength);
    List<TokenSegment> segments = new ArrayList<>();
    Carry carry = Carry.EMPTY;
    for (List<List<Integer>> stream : List.of(a, b)) {
      for (Document document : documents(stream)) {
        Packing packing = packer.pack(carry, document.id, document.sentences);
        segments.addAll(packing.segments());
        carry = packing.carry();
      }
      Packing flushed = packer.flush(carry);
      segments.addAll(flushed.segments());
      carry = flushed.carry();
      assertThat(carry.tokens()).isEmpty();
      assertThat(carry.spans()).isEmpty();
      assertThat(packer.flush(carry).segments()).isEmpty();
    }
    List<TokenSegment> expected = new ArrayList<>(pack(packer, documents(a)));
    for (TokenSegment segment : pack(packer, documents(b))) {
      expected.add(new TokenSegment(expected.size(), segment.tokens(), segment.spans()));
    }
    assertThat(show(segments)).isEqualTo(show(expected));
    assertThat(carry.nextSequence()).isEqualTo(segments.size());
  }

  /** fairseq's own example: s doc1 sent1 /s doc1 sent2 /s /s doc2 sent1 /s. */
  @Test
  void oneMoreSeparatorStandsBetweenDocuments() {
    List<TokenSegment> segments =
        pack(
            Packer.fullSentences(12),
            List.of(
                new Document("one", List.of(new int[] {11, 12}, new int[] {13})),
                new Document("two", List.of(new int[] {21}))));
    assertThat(show(segments)).containsExactly("0[0, 11, 12, 2, 13, 2, 2, 21, 2] one@1-6 two@7-9");
  }

  /** The same two with each its own segment, and nothing left to wait or to flush. */
  @Test
  void docSentencesEndWithTheirDocument() {
    Packer packer = Packer.docSentences(5);
    Packing one =
        packer.pack(
            Carry.EMPTY, "one", List.of(new int[] {11, 12}, new int[] {13}, new int[] {14}));
    Packing two = packer.pack(one.carry(), "two", List.of(new int[] {21}));
    assertThat(show(one.segments()))
        .containsExactly("0[0, 11, 12, 2] one@1-4", "1[0, 13, 2, 14, 2] one@1-5");
    assertThat(show(two.segments())).containsExactly("2[0, 21, 2] two@1-3");
    assertThat(two.carry().tokens()).isEmpty();
    assertThat(packer.flush(two.carry()).segments()).isEmpty();
  }

  @Test
  void badArgumentsAreNamed() {
    assertThatThrownBy(() -> Packer.fullSentences(2)).hasMessageContaining("segment length 2");
    assertThatThrownBy(() -> Packer.fullSentences((1 << 16) + 1)).hasMessageContaining("65537");
    assertThatThrownBy(() -> Packer.docSentences(2)).hasMessageContaining("segment length 2");
    Carry carry = new Carry(0, new int[9], List.of());
    assertThatThrownBy(() -> Packer.docSentences(8).pack(carry, "d", List.of()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("carry of 9 tokens");
    assertThatThrownBy(() -> Packer.fullSentences(8).flush(carry))
        .isInstanceOf(IllegalStateException.class);
  }
}
