package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class PreTokensTest {
  /** GPT-2's pattern, by the JDK's regular expressions. */
  private static final Pattern GPT2 =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);

  private static List<String> scanned(String text) {
    List<String> preTokens = new ArrayList<>();
    for (int start = 0, end; start < text.length(); start = end) {
      end = PreTokens.end(text, start);
      assertThat(end).isGreaterThan(start);
      preTokens.add(text.substring(start, end));
    }
    return preTokens;
  }

  private static List<String> matched(String text) {
    List<String> preTokens = new ArrayList<>();
    Matcher matcher = GPT2.matcher(text);
    while (matcher.find()) {
      preTokens.add(matcher.group());
    }
    return preTokens;
  }

  @Property(tries = 20_000)
  void theScannerCutsAsThePatternDoes(@ForAll("texts") String text) {
    assertThat(scanned(text)).isEqualTo(matched(text));
  }

  @Provide
  Arbitrary<String> texts() {
    return TestTexts.texts();
  }

  @Test
  void everyCodePointIsOfThePatternsClass() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
        String text = "a" + Character.toString(c) + "1" + Character.toString(c) + ".";
        if (!scanned(text).equals(matched(text))) {
          assertThat(scanned(text)).as("U+%04X", c).isEqualTo(matched(text));
        }
      }
    }
  }

  @Test
  void workedExample() {
    assertThat(scanned("I'll pay  $3.50,\n\n they've  "))
        .containsExactly(
            "I", "'ll", " pay", " ", " $", "3", ".", "50", ",", "\n\n", " they", "'ve", "  ");
  }

  @Property
  void wellFormedTextHasNoLoneSurrogate(@ForAll("broken") String text) {
    StringBuilder expected = new StringBuilder();
    text.codePoints()
        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
        .forEach(expected::appendCodePoint);
    assertThat(PreTokens.wellFormed(text)).isEqualTo(expected.toString());
  }

  @Provide
  Arbitrary<String> broken() {
    return Arbitraries.strings()
        .withChars('a', '\uD83D', '\uDC69', '\uD800', '\uDFFF')
        .ofMaxLength(8);
  }
}
