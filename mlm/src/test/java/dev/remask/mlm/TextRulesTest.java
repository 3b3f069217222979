package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class TextRulesTest {
  @Test
  void thisPlatformIsNamedByJavaAndUnicode() {
    assertThat(TextRules.platform()).matches("Java \\d+, Unicode \\d+\\.\\d( or (later|before))?");
  }

  @Test
  void otherSentencesAreOtherRules() {
    String prose = TextRules.sha256(Sentences.prose(Locale.ROOT));
    assertThat(prose).hasSize(64).isEqualTo(TextRules.sha256(Sentences.prose(Locale.ROOT)));
    assertThat(prose).isNotEqualTo(TextRules.sha256(Sentences.lines()));
  }

  /** As a JDK would be for which one more character ends a sentence. */
  @Test
  void oneCodePointMakesADifference() {
    Sentences here = Sentences.prose(Locale.ROOT);
    for (int c : List.of((int) '\u061F', 0x1F600, 0x11044)) {
      String end = Character.toString(c);
      Sentences other = text -> here.split(text.replace(end, "a"));
      assertThat(TextRules.sha256(other)).as(end).isNotEqualTo(TextRules.sha256(here));
    }
  }
}
