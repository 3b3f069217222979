package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import dev.remask.mlm.Merges.Merge;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Two independent tokenizers: Hugging Face's in Rust (by DJL) and jtokkit, both with GPT-2's
 * vocabulary.
 */
class OracleTest {
  private static final String[] CHARACTERS = new String[256];
  private static Vocabulary gpt2;

  static {
    for (String character : ByteAlphabet.characters()) {
      CHARACTERS[ByteAlphabet.value(character.charAt(0))] = character;
    }
  }

  @BeforeAll
  static void readGpt2() throws IOException {
    gpt2 = gpt2();
  }

  /**
   * jtokkit ships GPT-2's tokens in the order they were learned, without the merges. The merge that
   * made a token is what encoding its bytes with the earlier merges leaves: two tokens.
   */
  private static Vocabulary gpt2() throws IOException {
    List<String> tokens = new ArrayList<>(Vocabulary.LEADING);
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Encodings.class.getResourceAsStream("/com/knuddels/jtokkit/r50k_base.tiktoken"),
                StandardCharsets.US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        byte[] bytes = Base64.getDecoder().decode(line.substring(0, line.indexOf(' ')));
        tokens.add(characters(bytes));
      }
    }
    Map<String, Integer> ids = new HashMap<>();
    List<Merge> merges = new ArrayList<>();
    for (int id = 4; id < tokens.size(); id++) {
      List<String> parts = new ArrayList<>(List.of(tokens.get(id).split("")));
      while (parts.size() > 2) {
        joinFirst(parts, ids);
      }
      if (parts.size() == 2) {
        merges.add(new Merge(ids.get(parts.get(0)), ids.get(parts.get(1)), id));
      }
      ids.put(tokens.get(id), id);
    }
    tokens.add(Vocabulary.MASK);
    return new Vocabulary(tokens, merges);
  }

  private static void joinFirst(List<String> parts, Map<String, Integer> ids) {
    int best = 0;
    int lowest = Integer.MAX_VALUE;
    for (int i = 0; i + 1 < parts.size(); i++) {
      int id = ids.getOrDefault(parts.get(i) + parts.get(i + 1), Integer.MAX_VALUE);
      if (id < lowest) {
        lowest = id;
        best = i;
      }
    }
    parts.set(best, parts.get(best) + parts.remove(best + 1));
  }

  private static String characters(byte[] bytes) {
    StringBuilder out = new StringBuilder();
    for (byte b : bytes) {
      out.append(CHARACTERS[b & 0xFF]);
    }
    return out.toString();
  }

  private static List<String> texts(int count) {
    List<String> texts = TestTexts.hard(count, 1);
    for (String character : List.of("a", " ", "=", "\n", "é", "ab")) {
      texts.add(character.repeat(3_000));
    }
    texts.addAll(TestTexts.prose(100, 5));
    return texts;
  }

  @Test
  void gpt2IdsEqualJtokkits() {
    Encoding oracle = Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.R50K_BASE);
    Tokenizer tokenizer = new Tokenizer(gpt2);
    assertThat(tokenizer.encode("Hello, world!"))
        .containsExactly(15496 + 4, 11 + 4, 995 + 4, 0 + 4);
    for (String text : texts(30_000)) {
      int[] expected =
          Arrays.stream(oracle.encodeOrdinary(text).toArray()).map(id -> id + 4).toArray();
      assertThat(tokenizer.encode(text)).as(text).isEqualTo(expected);
    }
  }

  @Test
  void gpt2IdsEqualHuggingFaces() throws IOException {
    requireEqualToHuggingFace(gpt2, 30_000);
  }

  @Test
  void learnedIdsEqualHuggingFaces() throws IOException {
    List<String> corpus = new ArrayList<>(TestTexts.prose(2_000, 9));
    corpus.addAll(TestTexts.hard(5_000, 9));
    requireEqualToHuggingFace(Vocabulary.learn(corpus, 4_000), 5_000);
  }

  /**
   * Also of ids that no text has. How many U+FFFD stand for a run of bytes that are not UTF-8 is
   * each platform's choice.
   */
  @Test
  void decodingEqualsHuggingFaces() throws IOException {
    Random random = new Random(1);
    try (HuggingFaceTokenizer oracle = huggingFace(gpt2)) {
      for (int i = 0; i < 10_000; i++) {
        int[] ids =
            random.ints(random.nextInt(12), 4, random.nextBoolean() ? 260 : gpt2.mask()).toArray();
        long[] same = Arrays.stream(ids).asLongStream().toArray();
        assertThat(oneReplacement(gpt2.decode(ids)))
            .isEqualTo(oneReplacement(oracle.decode(same, false)));
      }
    }
  }

  private static String oneReplacement(String text) {
    return text.replaceAll("\uFFFD+", "\uFFFD");
  }

  /** No learner makes such rules, but a file may have them: two ways to "abc", four rules. */
  @Test
  void moreMergesThanTokens() throws IOException {
    List<String> tokens = new ArrayList<>(Vocabulary.LEADING);
    tokens.addAll(ByteAlphabet.characters());
    List<Merge> merges = new ArrayList<>();
    for (String[] rule : new String[][] {{"b", "c"}, {"a", "b"}, {"ab", "c"}, {"a", "bc"}}) {
      String joined = rule[0] + rule[1];
      if (!tokens.contains(joined)) {
        tokens.add(joined);
      }
      merges.add(
          new Merge(tokens.indexOf(rule[0]), tokens.indexOf(rule[1]), tokens.indexOf(joined)));
    }
    tokens.add(Vocabulary.MASK);
    Vocabulary vocabulary = new Vocabulary(tokens, merges);
    Tokenizer tokenizer = new Tokenizer(vocabulary);
    try (HuggingFaceTokenizer oracle = huggingFace(vocabulary)) {
      for (int code = 0; code < 3 * 3 * 3 * 3 * 3 * 3; code++) {
        String text =
            Integer.toString(code, 3).replace('0', 'a').replace('1', 'b').replace('2', 'c');
        assertThat(Arrays.stream(tokenizer.encode(text)).asLongStream().toArray())
            .isEqualTo(oracle.encode(text, false, false).getIds());
      }
    }
  }

  /** The merges alone would make "ab" and "c" of a pre-token that is a token. */
  @Test
  void ignoredMergesAreIgnored() throws IOException {
    List<String> tokens = new ArrayList<>(Vocabulary.LEADING);
    tokens.addAll(ByteAlphabet.characters());
    tokens.addAll(List.of("ab", "abc", "Ġabc", "ĠĠ"));
    tokens.add(Vocabulary.MASK);
    List<Merge> merges =
        List.of(new Merge(tokens.indexOf("a"), tokens.indexOf("b"), tokens.indexOf("ab")));
    for (boolean ignored : new boolean[] {true, false}) {
      Vocabulary vocabulary = new Vocabulary(tokens, merges, ignored, TextPipeline.GPT2);
      Tokenizer tokenizer = new Tokenizer(vocabulary);
      try (HuggingFaceTokenizer oracle = huggingFace(vocabulary)) {
        for (String text : List.of("abc", " abc", "abcabc", "ab c abc abc", "   abc", "cab")) {
          assertThat(Arrays.stream(tokenizer.encode(text)).asLongStream().toArray())
              .as(text)
              .isEqualTo(oracle.encode(text, false, false).getIds());
        }
      }
    }
  }

  private static void requireEqualToHuggingFace(Vocabulary vocabulary, int count)
      throws IOException {
    Tokenizer tokenizer = new Tokenizer(vocabulary);
    try (HuggingFaceTokenizer oracle = huggingFace(vocabulary)) {
      for (String text : texts(count)) {
        int[] ids = tokenizer.encode(text);
        long[] expected = oracle.encode(text, false, false).getIds();
        assertThat(Arrays.stream(ids).asLongStream().toArray()).as(text).isEqualTo(expected);
        assertThat(vocabulary.decode(ids)).isEqualTo(text);
      }
      assertThat(oracle.encode("a <mask>", true, false).getIds())
          .containsExactly(0, tokenizer.encode("a")[0], vocabulary.mask(), 2);
    }
  }

  private static HuggingFaceTokenizer huggingFace(Vocabulary vocabulary) throws IOException {
    return HuggingFace.tokenizer(vocabulary.tokenizerJson());
  }
}
