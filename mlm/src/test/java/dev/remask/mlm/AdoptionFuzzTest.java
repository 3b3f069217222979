package dev.remask.mlm;

import static dev.remask.mlm.ForeignTokenizers.added;
import static dev.remask.mlm.ForeignTokenizers.by;
import static dev.remask.mlm.ForeignTokenizers.byteLevel;
import static dev.remask.mlm.ForeignTokenizers.file;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import org.opentest4j.TestAbortedException;

/** Files that nobody would publish: whatever is not refused is done as Hugging Face does it. */
class AdoptionFuzzTest {
  private static final Vocabulary BYTES = Vocabulary.learn(List.of(), Vocabulary.MIN_SIZE);

  private static final String FOLDED =
      "s s t f f i l ' k \\n x st? f+ i{2} (?:s) (?:f) (s) (?:t|x) (?=s)";
  private static final String ATOMS =
      "s a \\s \\S \\d [a-c] [^a\\s] \\p{L} \\p{^L} \\P{N} . [\\r\\n] [^\\p{L}[s1]] é \\p{Lu} 😀 [a[b-d]-]";

  @Provide
  Arbitrary<byte[]> patterns() {
    Arbitrary<String> folded = alternatives(of(FOLDED)).map("(?i:%s)"::formatted);
    Arbitrary<String> plain =
        Combinators.combine(of(ATOMS), of("  ? * + {1,2} {2} {1,} ++ *+ ?+")).as(String::concat);
    Arbitrary<String> group =
        Combinators.combine(of("( (?: (?= (?!"), alternatives(plain), of(" ?"))
            .as((open, inside, end) -> open + inside + ")" + end);
    return Arbitraries.oneOf(folded, alternatives(Arbitraries.oneOf(plain, folded, group)))
        .map(pattern -> file(BYTES, "null", by(pattern), List.of()));
  }

  private static Arbitrary<String> of(String parts) {
    return Arbitraries.of(parts.split(" "));
  }

  private static Arbitrary<String> alternatives(Arbitrary<String> parts) {
    Arbitrary<String> sequence =
        parts.list().ofMinSize(1).ofMaxSize(3).map(list -> String.join("", list));
    return sequence.list().ofMinSize(1).ofMaxSize(3).map(list -> String.join("|", list));
  }

  @Provide
  Arbitrary<byte[]> addedTokens() {
    Arbitrary<Map<String, Object>> token =
        Combinators.combine(
                Arbitraries.of(
                    "<t>", "ab", "a", "  ", "x", "xab", " ab", "é", "ss", "É", "😀", "b  ", "k",
                    "A\u030A", "\u00A0", "\n", "_", " x"),
                Arbitraries.of("single_word", "lstrip", "rstrip", "normalized").set())
            .as((text, flags) -> added(text, flags.toArray(String[]::new)));
    Arbitrary<String> form =
        Arbitraries.of("NFC", "NFD", "NFKC", "NFKD", "Lowercase")
            .map(ForeignTokenizers::normalizer);
    return Combinators.combine(
            token.list().ofMinSize(1).ofMaxSize(4).uniqueElements(map -> map.get("content")),
            Arbitraries.oneOf(Arbitraries.just("null"), form),
            Arbitraries.of(true, false),
            Arbitraries.of(true, false))
        .as(
            (tokens, normalizer, space, regex) ->
                file(BYTES, normalizer, byteLevel(space, regex), tokens));
  }

  @Provide
  Arbitrary<List<String>> texts() {
    String words =
        "a b s S ss ſ ß ẞ K k \u212A t T ﬁ ﬆ ﬀ st ff i f l 1 2 é É 😀 ' x \u0301 - _ ab xab <t> <T>"
            + " İ Å A\u030A aB";
    Arbitrary<String> part =
        Arbitraries.oneOf(of(words), of(words), Arbitraries.of(" ", "  ", "\n", "\r\n", "\u00A0"));
    return part.list().ofMaxSize(25).map(parts -> String.join("", parts)).list().ofSize(30);
  }

  @Property(tries = 800, shrinking = ShrinkingMode.BOUNDED, edgeCases = EdgeCasesMode.NONE)
  void patternsCutAsHuggingFaces(
      @ForAll("patterns") byte[] file, @ForAll("texts") List<String> texts) throws IOException {
    Vocabulary vocabulary = adopted(file);
    PreTokenizer preTokenizer = vocabulary.pipeline().preTokenizer();
    try (HuggingFaceTokenizer oracle = HuggingFace.tokenizer(vocabulary.tokenizerJson())) {
      for (String text : texts) {
        List<Integer> bytes = new ArrayList<>();
        preTokenizer.cut(text, part -> bytes.add(part.getBytes(UTF_8).length));
        assertThat(bytes)
            .as("%s in %s", preTokenizer, text)
            .isEqualTo(AdoptionTest.parts(oracle, vocabulary, text));
      }
    }
  }

  @Property(tries = 800, shrinking = ShrinkingMode.BOUNDED, edgeCases = EdgeCasesMode.NONE)
  void addedTokensAreCutAsHuggingFaces(
      @ForAll("addedTokens") byte[] file, @ForAll("texts") List<String> texts) throws IOException {
    Vocabulary vocabulary = adopted(file);
    Tokenizer tokenizer = new Tokenizer(vocabulary);
    Map<Long, String> names = ForeignTokenizers.names(file);
    try (HuggingFaceTokenizer written = HuggingFace.tokenizer(vocabulary.tokenizerJson());
        HuggingFaceTokenizer source = HuggingFace.tokenizer(file)) {
      for (String text : texts) {
        int[] ids = tokenizer.encode(text);
        assertThat(Arrays.stream(ids).asLongStream().toArray())
            .as("%s in %s", new String(file, UTF_8), text)
            .isEqualTo(HuggingFace.ids(written, text));
        assertThat(Arrays.stream(ids).mapToObj(vocabulary::token).toList())
            .as("%s in %s", new String(file, UTF_8), text)
            .isEqualTo(Arrays.stream(HuggingFace.ids(source, text)).mapToObj(names::get).toList());
      }
    }
  }

  private static Vocabulary adopted(byte[] file) {
    try {
      return Vocabulary.adopt(file);
    } catch (IllegalArgumentException refused) {
      throw new TestAbortedException("refused", refused);
    }
  }
}
