package dev.remask.mlm;

import static dev.remask.mlm.PackerTest.documents;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.PackerTest.Document;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PairsTest {
  private static final int PARTITION = 3;

  private static Packer packer(boolean sentencePairs, int segmentLength) {
    return sentencePairs
        ? Packer.sentencePairs(segmentLength, "news", PARTITION)
        : Packer.segmentPairs(segmentLength, "news", PARTITION);
  }

  /** All that a packer made of a stream. */
  private record Packed(List<TokenSegment> segments, long truncated, long repeated, Carry carry) {}

  private static Packed pack(Packer packer, List<Document> documents) {
    List<TokenSegment> segments = new ArrayList<>();
    long truncated = 0;
    long repeated = 0;
    Carry carry = Carry.EMPTY;
    for (Document document : documents) {
      int[] partners = carry.partners().tokens().clone();
      Packing packing = packer.pack(carry, document.id(), document.sentences());
      assertThat(carry.partners().tokens()).as("the carry given").isEqualTo(partners);
      segments.addAll(packing.segments());
      truncated += packing.truncated();
      repeated += packing.repeated();
      carry = packing.carry();
      assertThat(carry.tokens()).isEmpty();
      assertThat(packer.flush(carry).segments()).isEmpty();
    }
    return new Packed(segments, truncated, repeated, carry);
  }

  private static List<String> show(List<TokenSegment> segments) {
    List<String> shown = PackerTest.show(segments);
    return IntStream.range(0, shown.size())
        .mapToObj(
            i -> {
              TokenSegment segment = segments.get(i);
              return shown.get(i) + " " + segment.secondPart() + " " + segment.nextSentence();
            })
        .toList();
  }

  private static void check(
      boolean sentencePairs, int segmentLength, Packer packer, List<Document> documents) {
    Packed packed = pack(packer, documents);
    requireSound(segmentLength, documents, packed);
    PairsReference reference = new PairsReference(sentencePairs, segmentLength, "news", PARTITION);
    documents.forEach(reference::add);
    assertThat(show(packed.segments)).isEqualTo(show(reference.segments));
    assertThat(packed.truncated).isEqualTo(reference.truncated);
    assertThat(packed.repeated).isEqualTo(reference.repeated);
  }

  /** What holds whatever is drawn. Text ids count up over the stream, so each tells its place. */
  private static void requireSound(int segmentLength, List<Document> documents, Packed packed) {
    Map<Integer, String> owners = new HashMap<>();
    documents.forEach(
        document ->
            document
                .sentences()
                .forEach(s -> Arrays.stream(s).forEach(id -> owners.put(id, document.id()))));
    List<Integer> own = new ArrayList<>();
    long repeated = 0;
    for (int i = 0; i < packed.segments.size(); i++) {
      TokenSegment segment = packed.segments.get(i);
      int[] tokens = segment.tokens();
      assertThat(segment.sequence()).isEqualTo(i);
      assertThat(tokens.length).isBetween(5, segmentLength);
      assertThat(IntStream.range(0, tokens.length).filter(at -> tokens[at] < 5).boxed())
          .containsExactly(0, segment.secondPart() - 1, tokens.length - 1);
      assertThat(tokens[0]).isEqualTo(Vocabulary.BOS);
      assertThat(tokens[segment.secondPart() - 1]).isEqualTo(Vocabulary.EOS);
      assertThat(tokens[tokens.length - 1]).isEqualTo(Vocabulary.EOS);
      List<Integer> first = part(tokens, 1, segment.secondPart() - 1);
      List<Integer> second = part(tokens, segment.secondPart(), tokens.length - 1);
      for (List<Integer> part : List.of(first, second)) {
        assertThat(part).isNotEmpty();
        assertThat(part.get(part.size() - 1) - part.get(0)).isEqualTo(part.size() - 1);
      }
      own.addAll(first);
      String document = owners.get(first.get(0));
      String other = owners.get(second.get(0));
      if (Boolean.TRUE.equals(segment.nextSentence())) {
        assertThat(second.get(0)).isGreaterThan(first.get(first.size() - 1));
        own.addAll(second);
        assertThat(segment.spans()).containsExactly(new Span(document, 1, tokens.length));
      } else {
        assertThat(second.get(second.size() - 1)).isLessThan(first.get(0));
        assertThat(other).isNotEqualTo(document);
        repeated += second.size();
        assertThat(segment.spans())
            .containsExactly(
                new Span(document, 1, segment.secondPart()),
                new Span(other, segment.secondPart(), tokens.length));
      }
    }
    assertThat(own).as("order, and none twice").isSorted().doesNotHaveDuplicates();
    assertThat(own.size() + packed.truncated).as("none lost").isEqualTo(owners.size());
    assertThat(packed.repeated).isEqualTo(repeated);
    requireBounded(packed.carry.partners());
  }

  private static List<Integer> part(int[] tokens, int start, int end) {
    return Arrays.stream(tokens, start, end).boxed().toList();
  }

  private static void requireBounded(Excerpts partners) {
    assertThat(partners.spans()).hasSizeLessThanOrEqualTo(32);
    assertThat(partners.tokens()).hasSizeLessThanOrEqualTo(1 << 14);
    int at = 0;
    for (Span span : partners.spans()) {
      assertThat(span.start()).isEqualTo(at);
      at = span.end();
      assertThat(partners.tokens()[at - 1]).isEqualTo(Vocabulary.EOS);
    }
    assertThat(at).isEqualTo(partners.tokens().length);
  }

  private static List<Document> named(List<List<Integer>> lengths) {
    List<Document> documents = documents(lengths);
    return IntStream.range(0, documents.size())
        .mapToObj(d -> new Document("d" + d % 4, documents.get(d).sentences()))
        .toList();
  }

  /** Every stream of three documents of up to two sentences of these lengths. */
  @Test
  void everySmallStreamIsPackedAsTheReferenceDoes() {
    List<List<Integer>> shapes = new ArrayList<>(List.of(List.of()));
    for (int a : new int[] {0, 1, 2, 5, 9}) {
      shapes.add(List.of(a));
      for (int b : new int[] {1, 2, 5, 9}) {
        shapes.add(List.of(a, b));
      }
    }
    for (int segmentLength = 5; segmentLength <= 9; segmentLength++) {
      for (List<Integer> first : shapes) {
        for (List<Integer> second : shapes) {
          List<Document> documents = named(List.of(first, second, List.of(1, 3)));
          check(false, segmentLength, packer(false, segmentLength), documents);
          check(true, segmentLength, packer(true, segmentLength), documents);
        }
      }
    }
  }

  @Property
  void longStreamsToo(
      @ForAll boolean sentencePairs,
      @ForAll @IntRange(min = 5, max = 60) int segmentLength,
      @ForAll @Size(max = 40) List<@Size(max = 12) List<@IntRange(max = 70) Integer>> lengths) {
    check(sentencePairs, segmentLength, packer(sentencePairs, segmentLength), named(lengths));
  }

  /** Where excerpts are as long as they may be, and only some of them have room. */
  @Test
  void longSegmentsTooWhereTheBoundsAreMet() {
    for (int segmentLength : new int[] {512, 8192, 1 << 16}) {
      List<List<Integer>> lengths = new ArrayList<>();
      for (int d = 0; d < 4; d++) {
        lengths.add(Collections.nCopies(40 + 400 * d, 25));
        lengths.add(Collections.nCopies(3, 9_000));
        lengths.add(Collections.nCopies(2_500, 1));
      }
      check(false, segmentLength, packer(false, segmentLength), named(lengths));
    }
  }

  /** The carry is all that a packer remembers: two that share it go on alike. */
  @Test
  void aPackerHasNoState() {
    List<Document> documents = named(Collections.nCopies(9, List.of(5, 9, 30, 2)));
    Packer packer = packer(false, 32);
    pack(packer, documents);
    assertThat(show(pack(packer, documents).segments))
        .isEqualTo(show(pack(packer(false, 32), documents).segments));
    assertThat(show(pack(Packer.segmentPairs(32, "other", PARTITION), documents).segments))
        .isNotEqualTo(show(pack(packer, documents).segments));
    assertThat(show(pack(Packer.segmentPairs(32, "news", 4), documents).segments))
        .isNotEqualTo(show(pack(packer, documents).segments));
  }

  @Test
  void mistakesAreCaught() {
    Map<String, UnaryOperator<Packing>> results =
        Map.of(
            "the second part begins one token late",
            packing -> segments(packing, s -> with(s, s.tokens(), s.secondPart() + 1)),
            "no </s> between the parts",
            packing -> segments(packing, s -> with(s, without(s), s.secondPart() - 1)),
            "a sequence is used twice",
            packing -> carry(packing, -1, packing.carry().partners()),
            "partners are forgotten",
            packing -> carry(packing, 0, Excerpts.NONE),
            "truncated text is not counted",
            packing -> new Packing(packing.segments(), packing.carry(), 0, packing.repeated()));
    results.forEach((mistake, change) -> requireCaught(mistake, broken(change, 0)));
    requireCaught("a sentence is dropped", broken(packing -> packing, 1));
  }

  private static void requireCaught(String mistake, Packer broken) {
    List<Document> documents = named(Collections.nCopies(9, List.of(5, 9, 30, 2)));
    assertThatThrownBy(() -> check(false, 32, broken, documents))
        .as(mistake)
        .isInstanceOf(AssertionError.class);
  }

  private static Packer broken(UnaryOperator<Packing> change, int dropped) {
    Packer sound = packer(false, 32);
    return new Packer() {
      @Override
      public Packing pack(
          Carry carry, String document, @Nullable String source, List<int[]> sentences) {
        return change.apply(
            sound.pack(carry, document, source, sentences.subList(dropped, sentences.size())));
      }

      @Override
      public Packing flush(Carry carry) {
        return sound.flush(carry);
      }
    };
  }

  private static Packing segments(Packing packing, UnaryOperator<TokenSegment> change) {
    return new Packing(
        packing.segments().stream().map(change).toList(),
        packing.carry(),
        packing.truncated(),
        packing.repeated());
  }

  private static Packing carry(Packing packing, int sequence, Excerpts partners) {
    Carry carry = packing.carry();
    return new Packing(
        packing.segments(),
        new Carry(carry.nextSequence() + sequence, carry.tokens(), carry.spans(), partners),
        packing.truncated(),
        packing.repeated());
  }

  private static TokenSegment with(TokenSegment segment, int[] tokens, int secondPart) {
    return new TokenSegment(
        segment.sequence(), tokens, segment.spans(), secondPart, segment.nextSentence());
  }

  private static int[] without(TokenSegment segment) {
    return IntStream.range(0, segment.tokens().length)
        .filter(at -> at != segment.secondPart() - 1)
        .map(at -> segment.tokens()[at])
        .toArray();
  }

  /** The first segment of each of many documents of one shape; the first document left out. */
  private static List<TokenSegment> firsts(
      boolean sentencePairs, int segmentLength, int count, List<Integer> shape) {
    Packer packer = packer(sentencePairs, segmentLength);
    List<int[]> sentences = documents(List.of(shape)).get(0).sentences();
    List<TokenSegment> firsts = new ArrayList<>();
    Carry carry = packer.pack(Carry.EMPTY, "d", sentences).carry();
    for (int d = 0; d < count; d++) {
      Packing packing = packer.pack(carry, "d" + d, sentences);
      firsts.add(packing.segments().get(0));
      carry = packing.carry();
    }
    return firsts;
  }

  private static long count(List<TokenSegment> segments, boolean next) {
    return segments.stream().filter(s -> s.nextSentence() == next).count();
  }

  /** Of a document with two sentences of 10: one alone where the target is 2 ... 10 of 2 ... 61. */
  @Test
  void moreThanHalfOfTheSecondPartsAreOfOtherDocuments() {
    List<TokenSegment> firsts = firsts(false, 64, 40_000, List.of(10, 10));
    double alone = 0.1 * 9 / 60;
    Statistics.requireShares(
        "segment pairs",
        new long[] {count(firsts, true), count(firsts, false)},
        (1 - alone) / 2,
        (1 + alone) / 2);
    firsts = firsts(true, 64, 40_000, List.of(10, 10));
    Statistics.requireShares(
        "sentence pairs", new long[] {count(firsts, true), count(firsts, false)}, 0.5, 0.5);
    assertThat(count(firsts(true, 64, 100, List.of(10)), false)).isEqualTo(100);
  }

  /** Sentences of one token: the first pair has exactly the target length. */
  @Test
  void oneInTenDocumentsHasAShortTargetAndTheFirstPartEndsAnywhere() {
    List<TokenSegment> firsts = firsts(false, 64, 60_000, Collections.nCopies(100, 1));
    long[] lengths = new long[60]; // 2 ... 61
    long[] firstParts = new long[60]; // 1 ... 60
    for (TokenSegment segment : firsts) {
      int length = segment.tokens().length - 3;
      lengths[length - 2]++;
      if (length == 61) {
        firstParts[segment.secondPart() - 3]++;
      }
    }
    double[] shares = new double[60];
    Arrays.fill(shares, 0.1 / 60);
    shares[59] += 0.9;
    Statistics.requireShares("lengths", lengths, shares);
    Statistics.requireShares("first parts", firstParts, Statistics.evenly(60));
  }

  /** Of two sentences of 40 in 61 tokens, 19 are lost: each from the front or the back. */
  @Test
  void truncationTakesFromFrontAndBackAlike() {
    long removed = 0;
    long fromFront = 0;
    for (TokenSegment segment : firsts(true, 64, 20_000, List.of(40, 40))) {
      int[] tokens = segment.tokens();
      if (segment.nextSentence()) {
        assertThat(tokens).hasSize(64);
        assertThat(segment.secondPart()).isEqualTo(1 + 31 + 1); // the second part goes first
        removed += 19;
        fromFront += tokens[1] - 100 + (tokens[segment.secondPart()] - 140);
      }
    }
    Statistics.requireSum("front", (double) fromFront, removed / 2.0, removed / 4.0);
  }

  @Test
  void partnersAreTheLast32OfOtherDocumentsAlike() {
    Packer packer = packer(true, 64);
    Carry carry = Carry.EMPTY;
    long[] ages = new long[32];
    for (int d = 0; d < 30_000; d++) {
      Packing packing = packer.pack(carry, "d" + d, List.of(new int[] {100 + d}));
      if (d >= 32) {
        int partner = packing.segments().get(0).tokens()[3] - 100;
        ages[d - 1 - partner]++;
      }
      carry = packing.carry();
    }
    Statistics.requireShares("ages", ages, Statistics.evenly(32));
  }

  /** The first document of all: its own sentences follow, one is halved, a token is left out. */
  @Test
  void withoutAnotherDocumentTheSecondPartFollows() {
    Packing two =
        packer(true, 16).pack(Carry.EMPTY, "a", List.of(new int[] {11, 12}, new int[] {13}));
    assertThat(show(two.segments())).containsExactly("0[0, 11, 12, 2, 13, 2] a@1-6 4 true");
    Packing one = packer(false, 16).pack(Carry.EMPTY, "a", List.of(new int[] {11, 12, 13}));
    assertThat(show(one.segments())).containsExactly("0[0, 11, 12, 2, 13, 2] a@1-6 4 true");
    Packing none = packer(false, 16).pack(Carry.EMPTY, "a", List.of(new int[] {11}));
    assertThat(none.segments()).isEmpty();
    assertThat(none.truncated()).isEqualTo(1);
    Packing again = packer(false, 16).pack(none.carry(), "a", List.of(new int[] {12}));
    assertThat(again.segments()).as("no other document").isEmpty();
    Packing other = packer(false, 16).pack(again.carry(), "b", List.of(new int[] {21}));
    assertThat(other.segments()).hasSize(1);
    assertThat(other.segments().get(0).nextSentence()).isFalse();
    assertThat(other.repeated()).isEqualTo(1);
  }

  /** The {@code </s>} between the parts is no candidate, and no word goes on behind it. */
  @Property
  void masksKnowTheSeparatorBetweenTheParts(
      @ForAll @IntRange(min = 2, max = 20) int first,
      @ForAll @IntRange(min = 2, max = 20) int second) {
    TokenSegment segment =
        packer(true, 64)
            .pack(Carry.EMPTY, "d", documents(List.of(List.of(first, second))).get(0).sentences())
            .segments()
            .get(0);
    Masked all = masker(1, false).mask(0, 0, 0, segment.tokens());
    int[] text =
        IntStream.range(0, first + second + 3).filter(at -> segment.tokens()[at] >= 100).toArray();
    assertThat(all.positions()).isEqualTo(text).hasSize(first + second);
    // No id begins a word here, so each part is one: half of two words is one of them, all of it.
    int[] word = masker(0.5, true).mask(0, 0, 0, segment.tokens()).positions();
    assertThat(word)
        .isIn(
            IntStream.range(1, first + 1).toArray(),
            IntStream.range(first + 2, first + second + 2).toArray());
  }

  private static Masker masker(double probability, boolean wholeWord) {
    MaskingPolicy policy =
        new MaskingPolicy(
            MaskingPolicy.Kind.DYNAMIC,
            10,
            MaskingPolicy.Selection.EXACT,
            probability,
            0.8,
            0.1,
            wholeWord,
            false);
    return new Masker(1, "news", policy, 1000, new BitSet());
  }

  /** Pinned: a later version must draw alike, or a dataset's log would be of two kinds. */
  @Test
  void pairsAreDrawnAsEver() throws NoSuchAlgorithmException {
    List<Document> documents = named(Collections.nCopies(50, List.of(5, 9, 30, 2, 7, 7, 7)));
    StringBuilder hashes = new StringBuilder();
    for (boolean sentencePairs : List.of(false, true)) {
      String all = String.join("\n", show(pack(packer(sentencePairs, 32), documents).segments));
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(all.getBytes(StandardCharsets.UTF_8));
      hashes.append(HexFormat.of().formatHex(hash, 0, 8)).append(' ');
    }
    assertThat(hashes.toString()).isEqualTo("dbbe9518da603ba4 8a00ce929ecf7312 ");
  }

  @Test
  void badArgumentsAreNamed() {
    assertThatThrownBy(() -> packer(false, 4)).hasMessageContaining("segment length 4");
    assertThatThrownBy(() -> packer(true, (1 << 16) + 1)).hasMessageContaining("65537");
    Carry waiting = new Carry(0, new int[9], List.of());
    assertThatThrownBy(() -> packer(true, 8).pack(waiting, "d", List.of()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("carry of 9 tokens");
  }
}
