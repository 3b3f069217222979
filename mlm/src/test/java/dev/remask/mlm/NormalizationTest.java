package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.text.Normalizer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** That the forms are Hugging Face's is in {@link AdoptionTest}. */
class NormalizationTest {
  private static final String MARKS = "\u0315\u0300";

  private static Normalization form(Normalizer.Form form) {
    return Normalization.read(Map.of("type", form.name()));
  }

  @ParameterizedTest
  @EnumSource
  void marksInARowArePutInOrderUpToABound(Normalizer.Form form) {
    String most = "a" + MARKS.repeat(Normalization.MARKS_MAX / 2);
    assertThat(form(form).apply(most + "b")).isEqualTo(Normalizer.normalize(most + "b", form));
    assertThat(form(form).apply(most + "\u0300b"))
        .isEqualTo(Normalizer.normalize(most, form) + "\u0300b");
  }

  /** So that no text can hold marks back from being counted. */
  @Test
  void noLetterBecomesAMark() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (Normalization.isBase(c)) {
        for (Normalizer.Form form : Normalizer.Form.values()) {
          int first = Normalizer.normalize(Character.toString(c), form).codePointAt(0);
          String before = "a" + "\u0315" + Character.toString(first);
          // A mark of a lower class would go before this one, and compose or not.
          if (!Normalizer.normalize(before, form).startsWith("a\u0315")) {
            assertThat(Normalizer.normalize(before, form)).as("U+%04X", c).startsWith("a\u0315");
          }
        }
      }
    }
  }

  /** The square of a million would take an hour. */
  @ParameterizedTest
  @EnumSource
  void anyRunOfMarksTakesLinearTime(Normalizer.Form form) {
    for (String marks : List.of(MARKS, "\u0300", "\u093F\u0315\u0300", "\u0315\uFF9E")) {
      String text = "a" + marks.repeat(1_000_000 / marks.length());
      assertTimeoutPreemptively(
          Duration.ofSeconds(60),
          () -> assertThat(form(form).apply(text).length()).isGreaterThan(900_000));
    }
  }
}
