package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.lang.reflect.Proxy;
import java.text.BreakIterator;
import java.text.CharacterIterator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class SentencesTest {
  private static final Sentences PROSE = Sentences.prose(Locale.ROOT);
  private static final String CLASSES = "aB1.? \"(),\u3002\u2029";

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

  /** The rules are asked about the parts of a paragraph: they would say the same of the whole. */
  @Property(tries = 20_000)
  void theRulesDecide(@ForAll("prose") String text) {
    assertThat(PROSE.split(text)).isEqualTo(byTheRules(text));
  }

  /** All of five characters, one for each of the rules' classes in ASCII and others. */
  @Test
  void theRulesDecideOfEveryShortText() {
    for (int number = 0; number < (int) Math.pow(CLASSES.length(), 5); number++) {
      String paragraph = text(number, 5);
      if (!PROSE.split(paragraph).equals(byTheRules(paragraph))) {
        assertThat(PROSE.split(paragraph)).as(paragraph).isEqualTo(byTheRules(paragraph));
      }
    }
  }

  @Test
  void theRulesDecideOfEveryCharacter() {
    for (int c = 0; c < 0x20000; c++) {
      if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
        String it = Character.toString(c);
        String text =
            "b%s A.%s B. %sb%s? (%s) .%s c%s %s. d".replace("%s", it) + ("\n\n" + it + "a. b");
        if (!PROSE.split(text).equals(byTheRules(text))) {
          assertThat(PROSE.split(text)).as("U+%04X", c).isEqualTo(byTheRules(text));
        }
      }
    }
  }

  @Provide
  Arbitrary<String> prose() {
    Arbitrary<String> one =
        Arbitraries.of(
            "a",
            "B",
            "e.g",
            "Mr",
            "1",
            ".",
            ".",
            "!",
            "?",
            " ",
            " ",
            "  ",
            "\"",
            "'",
            "(",
            ")",
            ",",
            ";",
            "\n",
            "\n\n",
            "\t",
            "\u00A0",
            "\u2019",
            "\u201D",
            "\u2014",
            "\u2026",
            "\u00E9",
            "\u00C9",
            "\u0301",
            "\u200B",
            "\u3002",
            "\u4E2D",
            "\u2028",
            "\u2029",
            "\u0085",
            "\uFFFF",
            "\uD83D\uDE00",
            "\uD83D");
    return one.list().ofMaxSize(60).map(parts -> String.join("", parts));
  }

  /** Each paragraph as a whole. */
  private static List<String> byTheRules(String text) {
    List<String> sentences = new ArrayList<>();
    String lines = text.lines().map(String::strip).collect(Collectors.joining("\n"));
    BreakIterator rules = BreakIterator.getSentenceInstance(Locale.ROOT);
    for (String paragraph : lines.split("\n{2,}", -1)) {
      String whole = paragraph.strip().replace('\n', ' ');
      rules.setText(whole);
      for (int start = 0, end = rules.next(); end >= 0; start = end, end = rules.next()) {
        sentences.add(whole.substring(start, end).strip());
      }
    }
    sentences.removeIf(String::isEmpty);
    return sentences;
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

  /**
   * Every short text again and again, where the rules alone would read a square of it: from each
   * full stop on to the end of all that does not say whether it ends a sentence.
   */
  @Test
  void theRulesReadNoTextTooOften() {
    AtomicLong reads = new AtomicLong();
    Sentences prose = new Prose(() -> new CountingRules(reads));
    for (int length = 1; length <= 3; length++) {
      for (int number = 0; number < (int) Math.pow(CLASSES.length(), length); number++) {
        String part = text(number, length);
        String text = part.repeat(6000 / length);
        reads.set(0);
        List<String> sentences = prose.split(text);
        assertThat(reads.get()).as(part).isLessThan((long) Prose.UNDECIDED_MAX * text.length());
        assertThat(withoutSpace(String.join("", sentences))).isEqualTo(withoutSpace(text));
      }
    }
  }

  @Test
  void aLongRunThatIsNoWordEndsASentence() {
    String run = "-".repeat(Prose.UNDECIDED_MAX);
    assertThat(PROSE.split("a" + run.substring(1) + "b")).hasSize(1);
    assertThat(PROSE.split("a" + run + "b")).containsExactly("a" + run, "b");
    assertThat(PROSE.split("a" + run)).hasSize(1);
    String faces = "-" + "\uD83D\uDE00".repeat(Prose.UNDECIDED_MAX / 2 - 1);
    assertThat(PROSE.split(faces + "\uD83D\uDE00")).containsExactly(faces, "\uD83D\uDE00");
    String gothic = "\uD800\uDF30".repeat(2 * Prose.UNDECIDED_MAX);
    assertThat(PROSE.split(gothic)).containsExactly(gothic);
  }

  private static String text(int number, int length) {
    char[] text = new char[length];
    for (int i = 0, rest = number; i < length; i++, rest /= CLASSES.length()) {
      text[i] = CLASSES.charAt(rest % CLASSES.length());
    }
    return new String(text);
  }

  /** The JDK's rules, as far as they are asked for, and how often they read a character. */
  private static final class CountingRules extends BreakIterator {
    private final BreakIterator rules = BreakIterator.getSentenceInstance(Locale.ROOT);
    private final AtomicLong reads;

    CountingRules(AtomicLong reads) {
      this.reads = reads;
    }

    @Override
    public void setText(CharacterIterator text) {
      rules.setText(
          (CharacterIterator)
              Proxy.newProxyInstance(
                  CountingRules.class.getClassLoader(),
                  new Class<?>[] {CharacterIterator.class},
                  (proxy, method, arguments) -> {
                    if (method.getName().equals("next")) {
                      reads.incrementAndGet();
                    }
                    return method.invoke(text, arguments);
                  }));
    }

    @Override
    public int next() {
      return rules.next();
    }

    @Override
    public int first() {
      return rules.first();
    }

    @Override
    public int last() {
      return rules.last();
    }

    @Override
    public int next(int n) {
      return rules.next(n);
    }

    @Override
    public int previous() {
      return rules.previous();
    }

    @Override
    public int following(int offset) {
      return rules.following(offset);
    }

    @Override
    public int current() {
      return rules.current();
    }

    @Override
    public CharacterIterator getText() {
      return rules.getText();
    }
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
