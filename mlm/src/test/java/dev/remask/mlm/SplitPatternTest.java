package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.MatchResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is understood as Hugging Face's code understands it is in {@link AdoptionTest}. */
class SplitPatternTest {
  private static List<String> matches(String pattern, String text) {
    return SplitPattern.compile(pattern).matcher(text).results().map(MatchResult::group).toList();
  }

  @Test
  void whatJavaWouldReadOtherwise() {
    assertThat(matches("[a[b&]#-]+", "a[b]&#-&&c")).containsExactly("a", "b", "&#-&&");
    assertThat(matches(" #x{2}]", " #xx]")).containsExactly(" #xx]");
    assertThat(matches(".+", "a\r\u0085\u2028b\nc")).containsExactly("a\r\u0085\u2028b", "c");
    assertThat(matches("\\s+", "\u00A0\u2003\u0085\u200B")).containsExactly("\u00A0\u2003\u0085");
    assertThat(matches("\\d", "7\u0663\u00BD")).containsExactly("7", "\u0663");
    assertThat(matches("(?i:'s|K)x", "'ſx'Sx\u212Ax")).containsExactly("'ſx", "'Sx", "\u212Ax");
    assertThat(matches("\uD83D\uDE00+", "\uD83D\uDE00\uD83D\uDE00\uDE00"))
        .containsExactly("\uD83D\uDE00\uD83D\uDE00");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "\\w+ ~ \\w at character 0",
        "a\\bc ~ \\b at character 1",
        "\\p{Han} ~ \\p{Han} at character 0",
        "\\p{Letter}+ ~ \\p{Letter}",
        "^a ~ ^ at character 0",
        "a$ ~ $ at character 1",
        "(?:ab)+ ~ the quantifier + at character 6",
        "(ab){2} ~ the quantifier {",
        "(?=a)* ~ the quantifier *",
        "a+? ~ the quantifier ?",
        "a{2}+ ~ the quantifier +",
        "a{3,2} ~ an interval",
        "a{,2} ~ an interval",
        "a{100000} ~ an interval",
        "{a ~ { at character 0",
        "(?<=a)b ~ (?<= at character 0",
        "(?>a) ~ (?>a at character 0",
        "(?i)a ~ (?i) at character 0",
        "(?i:ß) ~ (?i: with ß",
        "(?i:st) ~ (?i: with t",
        "(?i:s(?:s)) ~ a group in (?i: at character 5",
        "(?i:(?:f)(?:i)) ~ a group in (?i: at character 4",
        "(?i:a(?=s)) ~ a group in (?i: at character 5",
        "(?i:[a]) ~ (?i: with a class",
        "(?i:\\p{L}) ~ (?i: with a class",
        "(a ~ a group without its end",
        "a) ~ ) at character 1",
        "[a ~ a class without its end",
        "[] ~ a class without its end",
        "[a-z&&b] ~ & in a class",
        "[a-\\s] ~ a range",
        "[b-a] ~ a range",
        "[a-c-e] ~ - in a class",
        "[[:alpha:]] ~ a class in a class",
        "[a[^b]] ~ a class in a class",
        "\\ ~ \\ at character 0",
        "a* ~ matches the empty text",
        "(?=a) ~ matches the empty text",
        "a| ~ matches the empty text",
      })
  void whatIsNotUnderstoodIsNamed(String pattern, String part) {
    assertThatThrownBy(() -> SplitPattern.compile(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the pattern " + pattern)
        .hasMessageContaining(part);
  }

  /** Long ones would take more of the stack than a thread may have. */
  @Test
  void lengthIsBounded() throws InterruptedException {
    assertThatThrownBy(() -> SplitPattern.compile("[ab]\n".repeat(10_000)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has more than 2048 characters")
        .hasMessageMatching("[^\n]{1,300}");
    assertThatThrownBy(() -> SplitPattern.compile("\\p{" + "\n".repeat(2000) + "}"))
        .hasMessageMatching("[^\n]{1,500}");
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread thread =
        new Thread(
            null,
            () -> {
              for (String atom : List.of("[ab]", ".", "a?", "(a)", "(?i:a)", "(.?)?", "(?=a)")) {
                String pattern = "b" + atom.repeat(2040 / atom.length());
                SplitPattern.compile(pattern).matcher("b" + "a".repeat(3000)).find();
              }
            },
            "small stack",
            512 << 10);
    thread.setUncaughtExceptionHandler((t, e) -> thrown.set(e));
    thread.start();
    thread.join();
    assertThat(thrown).hasNullValue();
  }

  @Test
  void nestingIsBounded() {
    String deep = "(".repeat(100_000) + "a" + ")".repeat(100_000);
    assertThatThrownBy(() -> SplitPattern.compile(deep))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SplitPattern.compile("[".repeat(100_000)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
