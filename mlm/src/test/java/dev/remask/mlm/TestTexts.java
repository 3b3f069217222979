package dev.remask.mlm;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Tuple;

/** Texts that are hard on tokenizers, and texts that are like prose. */
final class TestTexts {
  private static final List<String> HARD =
      List.of(
          " ", "  ", "\n", "\r\n", "\t", "\u00A0", "\u2003", "\u2028", "\u3000", "\u0085", "\u000B",
          "\u001C", "\u200B", "\uFEFF", "\0", "'s", "'S", "'ll", "'l", "'", "''re", "'d", "’s", "a",
          "the", "The", "naïve", "é", "e\u0301", "Straße", "слово", "中文", "한국어", "العربية",
          "हिन्दी", "ไทย", "7", "½", "Ⅻ", "٣", "²", ".", "...", "?!", "--", "<", ">", "\"", "\\",
          "👩‍💻", "🇩🇪", "𝒳", "𐍈", "\uFFFD", "\u00AD", "_", "$", "€");

  private static final List<String> SYLLABLES =
      List.of("ba", "na", "aa", "ter", "in", "st", "o", "an", "re", "ing", "é", "on", "th", "e");

  private TestTexts() {}

  static Arbitrary<String> texts() {
    Arbitrary<String> characters =
        Arbitraries.integers()
            .between(0, Character.MAX_CODE_POINT)
            .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
            .map(Character::toString);
    return Arbitraries.frequencyOf(Tuple.of(5, Arbitraries.of(HARD)), Tuple.of(1, characters))
        .list()
        .ofMaxSize(30)
        .map(parts -> String.join("", parts));
  }

  /** Hard texts of assigned characters: which class a later Unicode gives the others, may vary. */
  static List<String> hard(int count, long seed) {
    Random random = new Random(seed);
    List<String> texts = new ArrayList<>();
    while (texts.size() < count) {
      StringBuilder text = new StringBuilder();
      for (int parts = random.nextInt(30); parts >= 0; parts--) {
        text.append(
            random.nextInt(6) > 0 ? HARD.get(random.nextInt(HARD.size())) : assigned(random));
      }
      texts.add(text.toString());
    }
    return texts;
  }

  private static String assigned(Random random) {
    while (true) {
      int c = random.nextInt(random.nextBoolean() ? 0x3000 : 0x20000);
      if (Character.isDefined(c) && Character.getType(c) != Character.SURROGATE) {
        return Character.toString(c);
      }
    }
  }

  /** Lines of made-up words, the short ones frequent; a function of the arguments alone. */
  static List<String> prose(int lines, long seed) {
    return lines(lines, seed, SYLLABLES, 8);
  }

  /** Lines of long runs of two letters. */
  static List<String> runs(int lines, long seed) {
    return lines(lines, seed, List.of("a", "aa", "aaaa", "b", "aaaaaaaa"), 1 << 20);
  }

  private static List<String> lines(int lines, long seed, List<String> syllables, int longest) {
    Draws draws = new Draws(seed, seed);
    List<String> text = new ArrayList<>();
    long next = 0;
    for (int line = 0; line < lines; line++) {
      StringBuilder words = new StringBuilder();
      for (int word = 0; word < 12; word++) {
        words.append(word > 0 ? " " : "");
        int length = 1 + Long.numberOfTrailingZeros(draws.draw(next++) | longest);
        for (int i = 0; i < length; i++) {
          int skewed = Draws.below(syllables.size() * syllables.size(), draws.draw(next++));
          words.append(syllables.get((int) Math.sqrt(skewed)));
        }
        words.append(Draws.below(9, draws.draw(next++)) == 0 ? "," : "");
      }
      text.add(words.append(".\n").toString());
    }
    return text;
  }
}
