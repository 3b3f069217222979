package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.remask.mlm.Normalization.Form;
import java.text.Normalizer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What it makes of every character is in {@link AdoptionTest}. */
class NormalizationTest {
  private static final List<String> MARKS =
      List.of("\u0315", "\u0300", "\u0345", "\u0344", "\u0F73", "\u0334", "\uFF9E");
  private static final List<String> OTHERS =
      List.of(
          "a",
          "é",
          "\uAC00",
          "\u1100",
          "\u1161",
          "\u11A8",
          "-",
          "\u2014",
          "\uD83D\uDE00",
          " ",
          "\u02B0",
          "\u0903",
          "\uFB01",
          "\uFDFA",
          "\u30AB",
          "1",
          "\u0F75",
          "\u212B",
          "\u1E9B");

  private static String normal(Form form, String text) {
    return new Normalization(List.of(form)).apply(text);
  }

  private static String some(Random random, List<String> parts, int count) {
    return Stream.generate(() -> parts.get(random.nextInt(parts.size())))
        .limit(count)
        .collect(Collectors.joining());
  }

  /** To put each mark in front of all that went before takes the square of this. */
  @ParameterizedTest
  @EnumSource
  void manyMarksTakeLinearTime(Form form) {
    for (String marks : List.of("\u0315\u0300", "\uFF9E\u0300", "\u0344\u0F73", "\u0F73\u0334")) {
      String text = "a" + marks.repeat(400_000);
      assertTimeoutPreemptively(
          Duration.ofSeconds(60), () -> assertThat(normal(form, text)).isNotEmpty());
    }
  }

  /** As the JDK has them, whatever is in front of them and behind. */
  @ParameterizedTest
  @EnumSource(names = "LOWERCASE", mode = EnumSource.Mode.EXCLUDE)
  void fewerMarksAreAllPutInOrder(Form form) {
    Random random = new Random(7);
    for (int i = 0; i < 1_000; i++) {
      String text =
          some(random, OTHERS, random.nextInt(600))
              + "a"
              + some(random, MARKS, random.nextInt(Normalization.NO_BASE))
              + some(random, OTHERS.subList(0, 1 + random.nextInt(OTHERS.size())), 20);
      assertThat(normal(form, text))
          .as(text)
          .isEqualTo(Normalizer.normalize(text, Normalizer.Form.valueOf(form.name())));
    }
    String line = "a" + "\u2014".repeat(2 * Normalization.NO_BASE);
    assertThat(normal(form, line + "\u0315\u0300")).isEqualTo(line + "\u0300\u0315");
  }

  @ParameterizedTest
  @EnumSource(names = "LOWERCASE", mode = EnumSource.Mode.EXCLUDE)
  void ofMoreMarksEachPartIsPutInOrder(Form form) {
    String marks = "\u0315\u0300".repeat(Normalization.NO_BASE / 2);
    assertThat(normal(form, marks + marks)).isEqualTo(normal(form, marks).repeat(2));
    assertThat(normal(form, "\u0315\u0300")).isEqualTo("\u0300\u0315");
  }

  @Test
  void nothingChangesPlacesWithABase() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (Normalization.isBase(c)) {
        String text = "a\u0345" + Character.toString(c);
        assertThat(Normalizer.normalize(text, Normalizer.Form.NFKD))
            .as("U+%04X", c)
            .startsWith("a\u0345");
      }
    }
  }
}
