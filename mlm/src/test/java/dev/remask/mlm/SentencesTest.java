package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.lang.reflect.Proxy;
import java.text.BreakIterator;
import java.text.CharacterIterator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class SentencesTest {
  private static final Sentences PROSE = Sentences.prose(Locale.ROOT);
  private static final BreakIterator RULES = BreakIterator.getSentenceInstance(Locale.ROOT);
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
    for (String paragraph : lines.split("\n{2,}", -1)) {
      addByTheRules(paragraph.strip().replace('\n', ' '), sentences);
    }
    sentences.removeIf(String::isEmpty);
    return sentences;
  }

  private static void addByTheRules(String whole, List<String> sentences) {
    RULES.setText(whole);
    for (int start = 0, end = RULES.next(); end >= 0; start = end, end = RULES.next()) {
      sentences.add(whole.substring(start, end).strip());
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

  /**
   * Every short text again and again, where the rules alone would read a square of it: from each
   * full stop on to the end of all that does not say whether it ends a sentence.
   */
  @Test
  void theRulesReadNoTextTooOften() {
    // The automaton gives up where the comma stands.
    List<String> parts =
        new ArrayList<>(List.of(". [", ".\u0301 \u2014", ". (".repeat(70) + ".\"(,"));
    for (int length = 1; length <= 3; length++) {
      for (int number = 0; number < (int) Math.pow(CLASSES.length(), length); number++) {
        parts.add(text(number, length));
      }
    }
    AtomicLong reads = new AtomicLong();
    Sentences prose = new Prose(() -> new CountingRules(reads));
    for (String part : parts) {
      String text = part.repeat(6000 / part.length());
      reads.set(0);
      List<String> sentences = prose.split(text);
      assertThat(reads.get()).as(part).isLessThan((long) Prose.UNDECIDED_MAX * text.length());
      assertThat(withoutSpace(String.join("", sentences))).isEqualTo(withoutSpace(text));
    }
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

  private static String parts(Random random, List<String> parts, int count) {
    return Stream.generate(() -> parts.get(random.nextInt(parts.size())))
        .limit(count)
        .collect(Collectors.joining());
  }

  /** To the rules what has no word ends as a paragraph does. */
  @Test
  void whatHasNoWordEndsASentence() {
    String run = "-".repeat(Prose.UNDECIDED_MAX - 1);
    assertThat(PROSE.split("a" + run + "b")).containsExactly("a" + run + "b");
    assertThat(PROSE.split("a" + run + "-b")).containsExactly("a" + run + "-", "b");
    String faces = "\uD83D\uDE00".repeat(Prose.UNDECIDED_MAX / 2);
    assertThat(PROSE.split(faces + faces)).containsExactly(faces, faces);
    assertThat(PROSE.split("a-" + faces).get(1)).isEqualTo("\uD83D\uDE00");
    assertThat(PROSE.split("\uD800\uDF30".repeat(1000))).hasSize(1); // Gothic letters
    Pattern piece = Pattern.compile("(?s).*?[^\\p{L}\\p{Nd}]{" + Prose.UNDECIDED_MAX + "}|.+");
    List<String> words = List.of("a", "B ", ". ", "1");
    List<String> others = List.of(".", "!", " ", "(", ")", "\"", ",", "-", "\u0301", "\u3002");
    Random random = new Random(5);
    for (int i = 0; i < 2_000; i++) {
      String text =
          parts(random, words, random.nextInt(5))
              + parts(random, others.subList(0, 2 + random.nextInt(9)), random.nextInt(1000))
              + parts(random, words, random.nextInt(5));
      List<String> sentences = new ArrayList<>();
      Matcher pieces = piece.matcher(text.strip());
      while (pieces.find()) {
        addByTheRules(pieces.group(), sentences);
      }
      sentences.removeIf(String::isEmpty);
      assertThat(PROSE.split(text)).as(text).isEqualTo(sentences);
    }
  }

  /** What linear time rests on: no boundary hangs on what is behind the next letter or digit. */
  @Test
  void theRulesReadNoFurtherThanALetterOrDigit() {
    for (int c = 0; c < 0x20000; c++) {
      if (Character.isLetterOrDigit(c)) {
        for (String before : List.of(". ", ". (", ".)(", ". ((", "!) ")) {
          requireNoFurther("a" + before, Character.toString(c));
        }
      }
    }
    for (int number = 0; number < 20_000; number++) {
      StringBuilder before = new StringBuilder();
      for (int rest = number; rest > 0; rest /= CLASSES.length()) {
        before.append(CLASSES.charAt(rest % CLASSES.length()));
      }
      List.of("a", "B", "1").forEach(letter -> requireNoFurther(before.toString(), letter));
    }
  }

  private static void requireNoFurther(String before, String letter) {
    List<Integer> boundaries = boundaries(before, letter);
    for (String behind : List.of("a", "B", ". (", "(.", "\u2029")) {
      if (!boundaries(before, letter + behind).equals(boundaries)) {
        fail(before + letter + behind);
      }
    }
  }

  /** In the text before. */
  private static List<Integer> boundaries(String before, String behind) {
    RULES.setText(before + behind);
    return IntStream.iterate(
            RULES.next(), at -> at >= 0 && at <= before.length(), at -> RULES.next())
        .boxed()
        .toList();
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
