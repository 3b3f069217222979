package dev.remask.mlm;

import static dev.remask.mlm.ForeignTokenizers.added;
import static dev.remask.mlm.ForeignTokenizers.byteLevel;
import static dev.remask.mlm.ForeignTokenizers.file;
import static dev.remask.mlm.ForeignTokenizers.normalizer;
import static dev.remask.mlm.ForeignTokenizers.sequence;
import static dev.remask.mlm.ForeignTokenizers.split;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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

  /** Many that begin alike, and long ones that text nearly is, everywhere. */
  @Test
  void manyTakeNoLongerThanOne() {
    List<Map<String, Object>> added = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      added.add(added("<extra_id_" + i + ">"));
    }
    for (int i = 1; i < 200; i++) {
      added.add(added(" ".repeat(i) + "x"));
    }
    Vocabulary vocabulary = Vocabulary.adopt(file(WORDS, "null", GPT2, added));
    for (String part : List.of("<", " ", "<extra_id_4999")) {
      String text = part.repeat(500_000 / part.length());
      assertTimeoutPreemptively(
          Duration.ofSeconds(30),
          () ->
              assertThat(vocabulary.decode(new Tokenizer(vocabulary).encode(text)))
                  .isEqualTo(text));
    }
    assertThat(tokens(vocabulary, "<extra_id_4999>  x")).containsExactly("<extra_id_4999>", "  x");
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
    for (String space : List.of(" ", "\n\t", "\u00A0")) {
      refuse(Json.write(space) + " is white space and takes", "null", added(space, "lstrip"));
      refuse("is white space and takes", normalizer("NFKC"), added(space, "rstrip", "normalized"));
    }
    refuse("added token \"ab\" stands twice", "null", added("ab"), added("ab", "normalized"));
    Map<String, Object> special = added("ab");
    special.put("special", true);
    refuse("added token \"ab\" stands twice", "null", added("ab"), special);
    assertThatThrownBy(
            () ->
                PreTokenizer.read(
                    Json.read(
                        sequence(split("String", "-", "Isolated", false), GPT2)
                            .replace("\"-\"", "\"\\ud800\"")
                            .getBytes(UTF_8))))
        .hasMessageContaining("Split.pattern is no text");
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
        .hasMessageContaining("two tokens have the same id");
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
