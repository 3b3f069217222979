package dev.remask.mlm;

import static dev.remask.mlm.ForeignTokenizers.added;
import static dev.remask.mlm.ForeignTokenizers.byteLevel;
import static dev.remask.mlm.ForeignTokenizers.file;
import static dev.remask.mlm.ForeignTokenizers.normalizer;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How they are cut out of text is in {@link AdoptionTest}; here is what becomes of their names. */
class AddedTokensTest {
  private static final Vocabulary WORDS =
      ForeignTokenizers.boundless(List.of("the", "the", "<|end|>", "<|end|>"), 300);
  private static final String GPT2 = byteLevel(false, true);

  private static List<String> tokens(Vocabulary vocabulary, String text) {
    return Arrays.stream(new Tokenizer(vocabulary).encode(text))
        .mapToObj(vocabulary::token)
        .toList();
  }

  private static Vocabulary adopt(String json) {
    return Vocabulary.adopt(json.getBytes(UTF_8));
  }

  @Test
  void theyAreTextAndStandBeforeTheMask() {
    Vocabulary vocabulary =
        Vocabulary.adopt(file(WORDS, "null", GPT2, List.of(added("  "), added("<tool>"))));
    int mask = vocabulary.mask();
    assertThat(new Tokenizer(vocabulary).encode("  <tool>")).containsExactly(mask - 2, mask - 1);
    assertThat(vocabulary.decode(mask - 2, mask - 1)).isEqualTo("  <tool>");
    assertThat(vocabulary.isText(mask - 1)).isTrue();
    assertThat(vocabulary.textBytes(mask - 1)).isEqualTo(6);
    assertThat(vocabulary.wordStarts().get(mask - 2)).isTrue();
    assertThat(vocabulary.cutsAsGpt2()).isFalse();
    assertThat(WORDS.cutsAsGpt2()).isTrue();
  }

  /** Whatever would make one: as a whole pre-token, by merges, or because the file cuts it out. */
  @Test
  void noTextMakesASpecialToken() {
    // As Qwen's does, this model makes the name of our <unk> of text.
    String alone =
        new String(file(WORDS, "null", byteLevel(false, false), List.of()), UTF_8)
            .replace(
                "\"vocab\":{", "\"vocab\":{\"<u\":7000,\"nk\":7001,\"<unk\":7002,\"<unk>\":7003,")
            .replace("\"merges\":[", "\"merges\":[\"< u\",\"n k\",\"<u nk\",\"<unk >\",");
    assertThat(tokens(adopt(alone), "<unk>")).containsExactly("<unk", ">");
    for (boolean ignored : new boolean[] {true, false}) {
      Vocabulary vocabulary =
          adopt(alone.replace("\"ignore_merges\":false", "\"ignore_merges\":" + ignored));
      Tokenizer tokenizer = new Tokenizer(vocabulary);
      for (String name : List.of("<s>", "<pad>", "</s>", "<unk>", "<mask>", "<|endoftext|>")) {
        assertThat(Arrays.stream(tokenizer.encode(name))).as(name).allMatch(vocabulary::isText);
        assertThat(vocabulary.decode(tokenizer.encode(name))).isEqualTo(name);
      }
    }
    assertThat(tokens(adopt(alone), "the <|end|>")).containsExactly("the", "Ġ", "<|end|>");
    Vocabulary cut = adopt(alone.replace("<|endoftext|>", "<|end|>"));
    assertThat(cut.tokenIds()).doesNotContainKey("<|end|>");
    assertThat(cut.decode(new Tokenizer(cut).encode("the <|end|>"))).isEqualTo("the <|end|>");
  }

  /** What merges make already keeps its id, and is cut out all the same. */
  @Test
  void anAddedTokenMayBeOneOfTheModel() {
    assertThat(WORDS.tokenIds()).containsKey("the");
    Vocabulary vocabulary = Vocabulary.adopt(file(WORDS, "null", GPT2, List.of(added("the"))));
    assertThat(vocabulary.size())
        .isEqualTo(Vocabulary.adopt(file(WORDS, "null", GPT2, List.of())).size());
    assertThat(tokens(vocabulary, "bathes the")).containsExactly("b", "a", "the", "s", "Ġ", "the");
  }

  /** Tokens that no byte-level text has, emoji as they are, do not stand in the way. */
  @Test
  void whatIsNotInTheByteAlphabetIsLeftOut() {
    String json = new String(file(WORDS, "null", GPT2, List.of()), UTF_8);
    String more = json.replace("\"vocab\":{", "\"vocab\":{\"™\":5000,\"™™\":5001,");
    String merged = more.replace("\"merges\":[", "\"merges\":[[\"™\",\"™\"],");
    assertThat(adopt(merged).sha256()).isEqualTo(adopt(json).sha256());
  }

  /** Whatever is listed, with whatever flags, and whatever stands around it. */
  @Test
  void theyAreCutOutAsHuggingFaceDoes() throws IOException {
    Random random = new Random(11);
    int adopted = 0;
    for (int number = 0; number < 400; number++) {
      byte[] json = file(WORDS, pick(random, NORMALIZERS), GPT2, listed(random));
      Vocabulary vocabulary;
      try {
        vocabulary = Vocabulary.adopt(json);
      } catch (IllegalArgumentException e) {
        continue;
      }
      adopted++;
      Tokenizer tokenizer = new Tokenizer(vocabulary);
      try (HuggingFaceTokenizer written = HuggingFace.tokenizer(vocabulary.tokenizerJson());
          HuggingFaceTokenizer source = HuggingFace.tokenizer(json)) {
        Map<Long, String> names = ForeignTokenizers.names(json);
        for (int i = 0; i < 40; i++) {
          String text = text(random);
          int[] ids = tokenizer.encode(text);
          assertThat(Arrays.stream(ids).mapToObj(vocabulary::token))
              .as("\"%s\" by %s", text, new String(json, UTF_8))
              .containsExactlyElementsOf(
                  Arrays.stream(HuggingFace.ids(source, text)).mapToObj(names::get).toList());
          assertThat(Arrays.stream(ids).asLongStream().toArray())
              .as("\"%s\" by %s", text, new String(json, UTF_8))
              .isEqualTo(HuggingFace.ids(written, text));
        }
      }
    }
    assertThat(adopted).isGreaterThan(150);
  }

  private static final List<String> NORMALIZERS =
      List.of("null", normalizer("NFC"), normalizer("Lowercase"), normalizer("NFKD", "Lowercase"));
  private static final List<String> CONTENTS =
      List.of(
          "<t>", "<t>  ", " ", "  ", "\t", "a", "ab", "b a", " a", "_", "A", "\u0301", "ﬁ", "1<");
  private static final List<String> FLAGS =
      List.of("single_word", "lstrip", "rstrip", "normalized");

  private static <T> T pick(Random random, List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private static List<Map<String, Object>> listed(Random random) {
    Set<String> contents = new LinkedHashSet<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      contents.add(pick(random, CONTENTS));
    }
    return contents.stream()
        .map(
            content ->
                added(
                    content,
                    FLAGS.stream().filter(flag -> random.nextInt(3) == 0).toArray(String[]::new)))
        .toList();
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(12); i >= 0; i--) {
      text.append(
          random.nextBoolean()
              ? pick(random, CONTENTS)
              : pick(random, List.of(" ", "x", "\n", "b", "é", "B", "2", "fi", "中")));
    }
    return text.toString();
  }

  /** Hugging Face loads such a file as well; no text has that token. */
  @Test
  void anEmptyTokenIsLeftOut() {
    String json = new String(file(WORDS, "null", GPT2, List.of()), UTF_8);
    String empty = json.replace("\"vocab\":{", "\"vocab\":{\"\":5000,");
    assertThat(adopt(empty).sha256()).isEqualTo(adopt(json).sha256());
    String ours = new String(adopt(json).tokenizerJson(), UTF_8);
    String other = ours.replace("\"Ġ\":", "\"\":");
    assertThat(other).isNotEqualTo(ours);
    assertThatThrownBy(() -> Vocabulary.parse(other.getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Tokens that begin alike are looked for together. */
  @Test
  void manyAreFoundInLinearTime() {
    List<Map<String, Object>> many = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      many.add(added("<extra_" + i + ">"));
    }
    Vocabulary vocabulary = Vocabulary.adopt(file(WORDS, "null", GPT2, many));
    AddedTokens added = vocabulary.pipeline().added();
    AtomicLong rest = new AtomicLong();
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () ->
            added.cut(
                "<extra_".repeat(1_000_000), part -> rest.addAndGet(part.length()), id -> {}));
    assertThat(rest).hasValue(7_000_000);
  }

  @Test
  void whatIsAmbiguousIsRefused() {
    refuse("added token é has the name of other bytes in model.vocab", "null", added("é"));
    refuse(
        "added token XA is the same text as another",
        normalizer("Lowercase"),
        added("xa", "normalized"),
        added("XA", "normalized"));
    refuse("is no text", "null", added(""));
    refuse("added token xa stands twice", "null", added("xa", "normalized"), added("xa"));
    refuse(
        "added token \"\t\" is white space and takes the white space around it",
        "null",
        added("\t", "rstrip"));
    String odd = new String(file(WORDS, "null", GPT2, List.of(added("  "))), UTF_8);
    assertThatThrownBy(() -> adopt(odd.replace("\"lstrip\":false", "\"lstrip\":\"no\"")))
        .hasMessageContaining("lstrip is no");
    assertThatThrownBy(() -> adopt(odd.replace("\"content\":\"  \"", "\"content\":\"\\ud800\"")))
        .hasMessageContaining("is no text");
    assertThatThrownBy(() -> adopt(odd.replace("\"content\":\"  \",", "")))
        .hasMessageContaining("the content of an added token is not a string");
    assertThatThrownBy(() -> adopt(odd.replace("\"merges\":[", "\"merges\":[[\"a\",1],")))
        .hasMessageContaining("a part of a merge is not a string");
    assertThatThrownBy(() -> adopt(odd.replace("\"vocab\":{", "\"vocab\":{\"other\":0,")))
        .hasMessageContaining("have one id");
    assertThatThrownBy(() -> adopt(odd.replace("<|endoftext|>", "!")))
        .hasMessageContaining("special token ! is a byte of text");
    Vocabulary own = adopt(odd);
    String ours = new String(own.tokenizerJson(), UTF_8);
    String moved =
        ours.replace("\"id\":" + own.mask() + ",", "\"id\":-,")
            .replace("\"id\":" + (own.mask() - 1) + ",", "\"id\":" + own.mask() + ",")
            .replace("\"id\":-,", "\"id\":" + (own.mask() - 1) + ",");
    assertThatThrownBy(() -> Vocabulary.parse(moved.getBytes(UTF_8)))
        .hasMessageContaining("the last token is");
    assertThat(adopt(moved).sha256()).isEqualTo(own.sha256());
  }

  @SafeVarargs
  private static void refuse(String reason, String normalizer, Map<String, Object>... added) {
    assertThatThrownBy(() -> Vocabulary.adopt(file(WORDS, normalizer, GPT2, List.of(added))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }
}
