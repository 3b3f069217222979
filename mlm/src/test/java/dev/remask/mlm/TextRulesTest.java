package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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

  /** GPT-2's cut is in the rules of every dataset; of the others only where they are used. */
  @Test
  void otherCutsAreOtherRules() {
    Vocabulary gpt2 = Vocabulary.learn(List.of(), 261);
    String here = TextRules.sha256(Sentences.lines());
    assertThat(TextRules.sha256(Sentences.lines(), gpt2)).isEqualTo(here);
    Set<String> seen = new HashSet<>(Set.of(here));
    String plain = ForeignTokenizers.byteLevel(false, true);
    // As on JDKs that disagree about one character: a letter or not, of one case or of two.
    List<String> cuts =
        List.of(
            ForeignTokenizers.by("\\p{L}+"),
            ForeignTokenizers.by("[\\p{L}\uA7DC]+"),
            ForeignTokenizers.by("[\\p{L}\uD83D\uDE00]+"),
            ForeignTokenizers.byteLevel(true, true));
    for (String cut : cuts) {
      Vocabulary other = adopted(gpt2, "null", cut);
      assertThat(seen.add(TextRules.sha256(Sentences.lines(), other))).as(cut).isTrue();
    }
    for (String form : List.of("NFC", "Lowercase")) {
      Vocabulary other = adopted(gpt2, ForeignTokenizers.normalizer(form), plain);
      assertThat(seen.add(TextRules.sha256(Sentences.lines(), other))).as(form).isTrue();
    }
  }

  /** Which letters, marks and digits touch a token: as on a JDK for which one more is a letter. */
  @Test
  void wordsMakeADifference() {
    Vocabulary gpt2 = Vocabulary.learn(List.of(), 261);
    Set<String> seen = new HashSet<>();
    for (List<Map<String, Object>> added :
        List.of(
            List.of(ForeignTokenizers.added("<x>")),
            List.of(ForeignTokenizers.added("<x>", "single_word")))) {
      byte[] file =
          ForeignTokenizers.file(gpt2, "null", ForeignTokenizers.byteLevel(false, true), added);
      assertThat(seen.add(TextRules.sha256(Sentences.lines(), Vocabulary.adopt(file)))).isTrue();
    }
  }

  private static Vocabulary adopted(Vocabulary tokens, String normalizer, String preTokenizer) {
    return Vocabulary.adopt(ForeignTokenizers.file(tokens, normalizer, preTokenizer, List.of()));
  }
}
