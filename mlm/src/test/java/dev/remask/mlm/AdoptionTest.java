package dev.remask.mlm;

import static dev.remask.mlm.ForeignTokenizers.BLOOM;
import static dev.remask.mlm.ForeignTokenizers.CL100K;
import static dev.remask.mlm.ForeignTokenizers.DEEPSEEK;
import static dev.remask.mlm.ForeignTokenizers.O200K;
import static dev.remask.mlm.ForeignTokenizers.QWEN2;
import static dev.remask.mlm.ForeignTokenizers.TIKTOKEN;
import static dev.remask.mlm.ForeignTokenizers.added;
import static dev.remask.mlm.ForeignTokenizers.by;
import static dev.remask.mlm.ForeignTokenizers.byteLevel;
import static dev.remask.mlm.ForeignTokenizers.digits;
import static dev.remask.mlm.ForeignTokenizers.file;
import static dev.remask.mlm.ForeignTokenizers.normalizer;
import static dev.remask.mlm.ForeignTokenizers.sequence;
import static dev.remask.mlm.ForeignTokenizers.split;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Vocabularies that cut text otherwise than GPT-2 does, against Hugging Face's tokenizer: the same
 * tokens as it makes by the file as it came, and the same ids as it makes by the file that we
 * write.
 */
class AdoptionTest {
  private static final List<String> PARTS =
      List.of(
          "(foo",
          "1234567",
          "3.14",
          "HTTPServer",
          "I'M",
          "we'LL",
          "'ſ",
          "'K",
          "\t\tx",
          ";\n",
          "//\n",
          "  \n  ",
          "e\u0323\u0302",
          "\u1E69",
          "ﬁ",
          "Å",
          "\u212B",
          "각",
          "\u1100\u1161\u11A8",
          "Ⅷ",
          "İ",
          "ΟΔΟΣ",
          "<tool>",
          "<tool>  ",
          " <tool>",
          "   ",
          "      ",
          "word",
          "swordfish",
          "x<cut/>",
          "<cut/><cut>",
          "NAÏVE",
          "Nai\u0308ve",
          "naïve",
          "a/b",
          "{|}",
          "。，",
          "漢字かなカナ",
          "{x}\r\n");

  private static final List<String> TEXTS = texts(600, 7);
  private static final Vocabulary BOUNDLESS = ForeignTokenizers.boundless(texts(4_000, 8), 3_000);

  private static List<String> texts(int count, long seed) {
    List<String> texts = new ArrayList<>();
    Random random = new Random(seed);
    for (String hard : TestTexts.hard(count, seed)) {
      StringBuilder text = new StringBuilder();
      for (int at = 0, end; at < hard.length(); at = end) {
        end = hard.offsetByCodePoints(at, 1);
        text.append(hard, at, end);
        if (random.nextInt(4) == 0) {
          text.append(PARTS.get(random.nextInt(PARTS.size())));
        }
      }
      texts.add(text.toString());
    }
    texts.addAll(PARTS);
    texts.addAll(TestTexts.prose(100, seed));
    texts.add("");
    for (String run : List.of("a", " ", "=", "\n", "7", "A", "é", "ab", " \n", "<tool>")) {
      texts.add(run.repeat(300));
    }
    return texts;
  }

  private record Kind(
      String name, String normalizer, String preTokenizer, List<Map<String, Object>> added) {
    Kind(String name, String preTokenizer) {
      this(name, "null", preTokenizer, List.of());
    }

    Kind(String name, String normalizer, String preTokenizer) {
      this(name, normalizer, preTokenizer, List.of());
    }

    byte[] json() {
      return file(BOUNDLESS, normalizer, preTokenizer, added);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static final String GPT2 = byteLevel(false, true);

  static Stream<Kind> kinds() {
    List<Map<String, Object>> spaces =
        IntStream.rangeClosed(2, 6).mapToObj(n -> added(" ".repeat(n), "normalized")).toList();
    List<Map<String, Object>> mixed =
        List.of(
            added("<tool>"),
            added("<cut", "lstrip"),
            added("/>", "rstrip"),
            added("word", "single_word", "normalized"),
            added("naïve", "normalized"),
            added("the", "single_word", "lstrip", "rstrip"),
            added("x", "normalized"),
            added("<tool>  ", "normalized"));
    return Stream.of(
        new Kind("GPT-2", GPT2),
        new Kind("RoBERTa with a space in front", byteLevel(true, true)),
        new Kind("ByteLevel alone", byteLevel(false, false)),
        new Kind("ByteLevel alone with a space in front", byteLevel(true, false)),
        new Kind("Llama 3", by(CL100K)),
        new Kind("Llama 3 with spaces in front", sequence(split(CL100K), byteLevel(true, false))),
        new Kind("tiktoken", by(TIKTOKEN)),
        new Kind(
            "GPT-4o", sequence(split("Regex", O200K, "Removed", true), byteLevel(false, false))),
        new Kind(
            "Qwen 2", normalizer("NFC"), by(QWEN2), List.of(added("<tool>"), added("</tool>"))),
        new Kind(
            "DeepSeek 3",
            normalizer("NFC", "NFC"),
            sequence(
                split("\\p{N}{1,3}"),
                split("[一-龥\u3040-ゟ゠-ヿ]+"),
                split(DEEPSEEK),
                byteLevel(false, false))),
        new Kind("BLOOM", by(BLOOM)),
        new Kind("StarCoder", sequence(digits(true), GPT2)),
        new Kind("Digits in runs", sequence(digits(false), sequence(GPT2))),
        new Kind("Splits by text", sequence(split("String", "a/", "MergedWithNext", false), GPT2)),
        new Kind("Merged", sequence(split("Regex", "\\s", "MergedWithPrevious", false), GPT2)),
        new Kind("Contiguous", sequence(split("Regex", "[aeé]", "Contiguous", true), GPT2)),
        new Kind("Removed", sequence(split("Regex", "\\s+", "Removed", false), GPT2)),
        new Kind("GPT-NeoX", normalizer("NFC"), GPT2, spaces),
        new Kind("NFD", normalizer("NFD"), GPT2, mixed),
        new Kind("NFKC", normalizer("NFKC"), GPT2),
        new Kind("NFKD", normalizer("NFKD", "Lowercase"), GPT2, mixed),
        new Kind("Lowercase", normalizer("Lowercase"), byteLevel(true, true), mixed),
        new Kind("added tokens", "null", byteLevel(true, true), mixed));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void tokensEqualHuggingFaces(Kind kind) throws IOException {
    Vocabulary vocabulary = Vocabulary.adopt(kind.json());
    Tokenizer tokenizer = new Tokenizer(vocabulary);
    byte[] written = vocabulary.tokenizerJson();
    assertThat(Vocabulary.parse(written).tokenizerJson()).isEqualTo(written);
    assertThat(Vocabulary.adopt(written).sha256()).isEqualTo(vocabulary.sha256());
    Map<Long, String> names = ForeignTokenizers.names(kind.json());
    try (HuggingFaceTokenizer source = HuggingFace.tokenizer(kind.json());
        HuggingFaceTokenizer ours = HuggingFace.tokenizer(written)) {
      for (String text : TEXTS) {
        int[] ids = tokenizer.encode(text);
        assertThat(Arrays.stream(ids).mapToObj(vocabulary::token).toList())
            .as(text)
            .isEqualTo(Arrays.stream(HuggingFace.ids(source, text)).mapToObj(names::get).toList());
        assertThat(Arrays.stream(ids).asLongStream().toArray())
            .as(text)
            .isEqualTo(HuggingFace.ids(ours, text));
      }
    }
  }

  /** What the test above rests on: no kind makes the tokens of another, if it is no other. */
  @Test
  void everyKindIsItsOwn() {
    Map<List<List<String>>, String> seen = new HashMap<>();
    kinds()
        .filter(kind -> !kind.name().equals("tiktoken")) // Llama 3's, otherwise spelled
        .forEach(
            kind -> {
              Vocabulary vocabulary = Vocabulary.adopt(kind.json());
              Tokenizer tokenizer = new Tokenizer(vocabulary);
              List<List<String>> tokens =
                  TEXTS.stream()
                      .map(
                          text ->
                              Arrays.stream(tokenizer.encode(text))
                                  .mapToObj(vocabulary::token)
                                  .toList())
                      .toList();
              assertThat(seen.putIfAbsent(tokens, kind.name())).as(kind.name()).isNull();
            });
  }

  /** Characters of every script are where Hugging Face's pattern has them. */
  @ParameterizedTest
  @MethodSource("classes")
  void classesEqualHuggingFaces(String pattern, String around) throws IOException {
    Vocabulary vocabulary = Vocabulary.adopt(file(BOUNDLESS, "null", by(pattern), List.of()));
    try (HuggingFaceTokenizer oracle = HuggingFace.tokenizer(vocabulary.tokenizerJson())) {
      for (String text : everyCharacter(around)) {
        List<Integer> bytes = new ArrayList<>();
        vocabulary
            .pipeline()
            .preTokenizer()
            .cut(text, part -> bytes.add(part.getBytes(UTF_8).length));
        assertThat(bytes).as("%s in %s", pattern, text).isEqualTo(parts(oracle, vocabulary, text));
      }
    }
  }

  static Stream<Arguments> classes() {
    // Younger versions of Unicode made spacing marks of a few that were none.
    String categories =
        "Lu Ll Lt Lm Lo Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf";
    String letters = "abcdefghijklmnopqrstuvwxyz";
    return Stream.of(
            new String[] {"[\\p{Mn}\\p{Mc}]+|\\p{" + categories.replace(" ", "}+|\\p{") + "}+", ""},
            new String[] {"\\p{L}+|\\p{M}+|\\p{N}+|[\\p{P}]+|[\\p{S}z]+|\\p{Z}+", ""},
            new String[] {"\\s+|\\d+|[^\\S\\P{Nd}]", ""},
            new String[] {"\\S+|\\D", ""},
            new String[] {"[\\p{^L}\\d]+|[^\\P{L}\\s]+", ""},
            new String[] {"(?i:'" + String.join("|'", letters.split("")) + ")", "'%sx"},
            new String[] {".{1,2}|\\n", "%s"})
        .map(Arguments::of);
  }

  /** Of ideographs and Hangul, one in 16. */
  private static boolean isOneOfThousands(int c) {
    return (c >= 0x3400 && c < 0x9FF0)
        || (c >= 0xAC00 && c < 0xD7A0)
        || (c >= 0x17000 && c < 0x18AF0);
  }

  private static List<String> everyCharacter(String around) {
    List<String> texts = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    for (int c = 0; c < 0x20000; c += isOneOfThousands(c) ? 16 : 1) {
      boolean surrogate = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
      if (Character.isDefined(c) && !surrogate) {
        text.append(
            around.isEmpty() ? Character.toString(c) : around.formatted(Character.toString(c)));
      }
      if (text.length() > 500) {
        texts.add(text.toString());
        text.setLength(0);
      }
    }
    return texts;
  }

  /** Of characters of every script: beside marks, and what they are put together from. */
  @ParameterizedTest
  @ValueSource(strings = {"NFC", "NFD", "NFKC", "NFKD", "Lowercase"})
  void normalizersEqualHuggingFaces(String form) throws IOException {
    byte[] file = file(BOUNDLESS, normalizer(form), byteLevel(false, false), List.of());
    Vocabulary vocabulary = Vocabulary.adopt(file);
    Tokenizer tokenizer = new Tokenizer(vocabulary);
    List<String> texts = new ArrayList<>(everyCharacter("a\u0315\u0300%s\u05AE\u0323b"));
    for (String text : everyCharacter("%s")) {
      texts.add(Normalizer.normalize(text, Normalizer.Form.NFD));
    }
    try (HuggingFaceTokenizer oracle = HuggingFace.tokenizer(vocabulary.tokenizerJson())) {
      for (String text : texts) {
        assertThat(Arrays.stream(tokenizer.encode(text)).asLongStream().toArray())
            .as(text)
            .isEqualTo(HuggingFace.ids(oracle, text));
      }
    }
  }

  /** How many bytes each pre-token has. */
  static List<Integer> parts(HuggingFaceTokenizer oracle, Vocabulary vocabulary, String text) {
    Encoding encoding = oracle.encode(text, false, false);
    List<Integer> parts = new ArrayList<>();
    long last = -1;
    for (int i = 0; i < encoding.getIds().length; i++) {
      if (encoding.getWordIds()[i] != last) {
        parts.add(0);
        last = encoding.getWordIds()[i];
      }
      int end = parts.size() - 1;
      parts.set(end, parts.get(end) + vocabulary.textBytes((int) encoding.getIds()[i]));
    }
    return parts;
  }

  /** On a stack that a matcher that recurses would run out of at once. */
  @ParameterizedTest
  @MethodSource("patterns")
  void longRunsNeedNoStack(String pattern) throws InterruptedException {
    PreTokenizer preTokenizer = PreTokenizer.read(Json.read(by(pattern).getBytes(UTF_8)));
    List<Throwable> thrown = new ArrayList<>();
    Runnable cuts =
        () -> {
          for (String part : List.of("a", " ", "=", "\n", "7", "A", "é", "'s", " \n", "Aa", "中")) {
            preTokenizer.cut(part.repeat(200_000), preToken -> {});
            preTokenizer.cut(part.repeat(200_000) + "x", preToken -> {});
          }
        };
    Thread thread = new Thread(null, cuts, "small stack", 160 << 10);
    thread.setUncaughtExceptionHandler((t, e) -> thrown.add(e));
    thread.start();
    thread.join();
    assertThat(thrown).isEmpty();
  }

  static Stream<String> patterns() {
    return Stream.of(CL100K, QWEN2, TIKTOKEN, O200K, DEEPSEEK, BLOOM);
  }
}
