package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class SentencesTest {
  private static final Sentences PROSE = Sentences.prose(Locale.ROOT);

  @Test
  void sentencesOfAParagraph() {
    assertThat(PROSE.split("  One here. Two, e.g. this?  Three!\tFour "))
        .containsExactly("One here.", "Two, e.g. this?", "Three!", "Four");
  }

  @Test
  void aLineBreakIsASpaceAndABlankLineAnEnd() {
    for (String lineBreak : List.of("\n", "\r\n", "\r")) {
      String text = "hard\n  wrapped \nlines\n \t\nnext\n\n\n\nlast\n".replace("\n", lineBreak);
      assertThat(PROSE.split(text)).containsExactly("hard wrapped lines", "next", "last");
    }
  }

  @Test
  void nothingOfNothing() {
    assertThat(PROSE.split("")).isEmpty();
    assertThat(PROSE.split(" \n \r\n\t")).isEmpty();
  }

  @Test
  void aParagraphSeparatorAndAnIdeographicFullStopEndASentence() {
    assertThat(PROSE.split("one\u2029two")).containsExactly("one", "two");
    assertThat(PROSE.split("これは文です。次の文です。")).containsExactly("これは文です。", "次の文です。");
  }

  @Property
  void onlyWhiteSpaceIsLost(@ForAll("texts") String text) {
    List<String> sentences = PROSE.split(text);
    assertThat(sentences).allMatch(s -> !s.isEmpty() && s.equals(s.strip()));
    assertThat(withoutSpace(String.join("", sentences))).isEqualTo(withoutSpace(text));
  }

  @Property
  void linesAreWhatStandsOnThem(@ForAll("texts") String text) {
    List<String> lines = Sentences.lines().split(text);
    assertThat(lines).allMatch(s -> !s.isEmpty() && s.equals(s.strip()));
    assertThat(lines)
        .isEqualTo(
            Arrays.stream(text.split("\r\n|\r|\n", -1))
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList());
  }

  @Property
  void noneIsTheTextItself(@ForAll("texts") String text) {
    assertThat(Sentences.none().split(text)).isEqualTo(text.isBlank() ? List.of() : List.of(text));
  }

  @Test
  void aLineIsASentenceWhateverStandsOnIt() {
    String text = "One. Two.\n\n  def f(x):\n    return x\n";
    assertThat(Sentences.lines().split(text)).containsExactly("One. Two.", "def f(x):", "return x");
    assertThat(Sentences.none().split(text)).containsExactly(text);
  }

  /** One sentence after another would take the square of this where each began at the start. */
  @Test
  void aLongTextIsCutInLinearTime() {
    String text = "The cat sat on the mat. ".repeat(200_000);
    assertTimeoutPreemptively(
        Duration.ofSeconds(60), () -> assertThat(PROSE.split(text)).hasSize(200_000));
  }

  private static String withoutSpace(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints().filter(c -> !Character.isWhitespace(c)).forEach(out::appendCodePoint);
    return out.toString();
  }

  @Provide
  Arbitrary<String> texts() {
    return TestTexts.texts();
  }
}
