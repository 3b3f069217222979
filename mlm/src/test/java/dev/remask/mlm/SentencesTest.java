package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class SentencesTest {
  @Test
  void sentencesOfAParagraph() {
    assertThat(Sentences.split("  One here. Two, e.g. this?  Three!\tFour "))
        .containsExactly("One here.", "Two, e.g. this?", "Three!", "Four");
  }

  @Test
  void aLineBreakIsASpaceAndABlankLineAnEnd() {
    for (String lineBreak : List.of("\n", "\r\n", "\r")) {
      String text = "hard\n  wrapped \nlines\n \t\nnext\n\n\n\nlast\n".replace("\n", lineBreak);
      assertThat(Sentences.split(text)).containsExactly("hard wrapped lines", "next", "last");
    }
  }

  @Test
  void nothingOfNothing() {
    assertThat(Sentences.split("")).isEmpty();
    assertThat(Sentences.split(" \n \r\n\t")).isEmpty();
  }

  @Test
  void aParagraphSeparatorAndAnIdeographicFullStopEndASentence() {
    assertThat(Sentences.split("one\u2029two")).containsExactly("one", "two");
    assertThat(Sentences.split("これは文です。次の文です。")).containsExactly("これは文です。", "次の文です。");
  }

  @Property
  void onlyWhiteSpaceIsLost(@ForAll("texts") String text) {
    List<String> sentences = Sentences.split(text);
    assertThat(sentences).allMatch(s -> !s.isEmpty() && s.equals(s.strip()));
    assertThat(withoutSpace(String.join("", sentences))).isEqualTo(withoutSpace(text));
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
