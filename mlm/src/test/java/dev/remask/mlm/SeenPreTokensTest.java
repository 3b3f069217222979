package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SeenPreTokensTest {
  /** Knows what a map would know but for a few, and no more entries or room than it may have. */
  @Property(tries = 300)
  void isAMapThatForgetsAll(
      @ForAll @Size(max = 3_000) List<@IntRange(max = 1_500) Integer> words,
      @ForAll @IntRange(min = 4, max = 11) int log) {
    SeenPreTokens seen = new SeenPreTokens(1 << log);
    Map<String, int[]> known = new HashMap<>();
    int entries = 0;
    int used = 1;
    int missed = 0;
    for (int word : words) {
      String preToken = preToken(word);
      String text = "<" + preToken + ">";
      int[] ids = IntStream.rangeClosed(0, word % 3).map(i -> word * 31 - i).toArray();
      IntList out = new IntList(0);
      out.add(-1);
      if (seen.addTo(out, text, 1, 1 + preToken.length())) {
        int[] expected = known.get(preToken);
        assertThat(out.toArray()).startsWith(-1).endsWith(expected).hasSize(1 + expected.length);
        continue;
      }
      assertThat(out.size()).isEqualTo(1);
      missed += known.containsKey(preToken) ? 1 : 0;
      int size = 1 + (preToken.length() + 1) / 2 + ids.length;
      if (entries == 1 << log || used + size > 16 << log) {
        known.clear();
        entries = 0;
        used = 1;
      }
      entries++;
      used += size;
      seen.put(text, 1, 1 + preToken.length(), ids);
      known.put(preToken, ids);
    }
    assertThat(missed).isLessThanOrEqualTo(words.size() / 50);
  }

  /** Of one length and one sum of powers of 31: in a row they would take the square of this. */
  @Test
  void wordsThatAreMadeToCollideAreNoSlower() {
    String[] words = {""};
    for (int pair = 0; pair < 11; pair++) {
      words =
          Stream.of(words)
              .flatMap(w -> Stream.of(w + "Aa", w + "BB", w + "C#"))
              .toArray(String[]::new);
    }
    String[] hostile = words;
    SeenPreTokens seen = new SeenPreTokens(SeenPreTokens.ENTRIES_MAX);
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          for (int pass = 0; pass < 2; pass++) {
            for (String word : hostile) {
              if (!seen.addTo(new IntList(1), word, 0, word.length())) {
                seen.put(word, 0, word.length(), new int[] {1});
              }
            }
          }
        });
  }

  /** Some differ in their last character alone, some in their length alone, some have one hash. */
  private static String preToken(int word) {
    return switch (word % 4) {
      case 0 -> "Aa".repeat(word % 3) + "BB".repeat(word % 5) + (char) (0x41 + word / 4);
      case 1 -> "\0".repeat(1 + word / 4 % SeenPreTokens.CHARS_MAX);
      case 2 -> "BB".repeat(word % 3) + "Aa".repeat(word % 5) + (char) (0x41 + word / 4);
      default -> Character.toString(0x1F600 + word) + (char) (0x4E00 + word % 7);
    };
  }
}
