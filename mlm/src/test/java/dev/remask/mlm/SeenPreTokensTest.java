package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class SeenPreTokensTest {
  /** Knows what a map would know, and no more entries or room than it may have. */
  @Property(tries = 300)
  void isAMapThatForgetsAll(
      @ForAll @Size(max = 3_000) List<@IntRange(max = 1_500) Integer> words,
      @ForAll @IntRange(min = 4, max = 11) int log) {
    SeenPreTokens seen = new SeenPreTokens(1 << log);
    Map<String, int[]> known = new HashMap<>();
    int used = 1;
    for (int word : words) {
      String preToken = preToken(word);
      String text = "<" + preToken + ">";
      int[] ids = IntStream.rangeClosed(0, word % 3).map(i -> word * 31 - i).toArray();
      IntList out = new IntList(0);
      out.add(-1);
      boolean found = seen.addTo(out, text, 1, 1 + preToken.length());
      assertThat(found).isEqualTo(known.containsKey(preToken));
      if (found) {
        int[] expected = known.get(preToken);
        assertThat(out.toArray()).startsWith(-1).endsWith(expected).hasSize(1 + expected.length);
      } else {
        assertThat(out.size()).isEqualTo(1);
        int size = 1 + (preToken.length() + 1) / 2 + ids.length;
        if (known.size() == 1 << log || used + size > 16 << log) {
          known.clear();
          used = 1;
        }
        used += size;
        seen.put(text, 1, 1 + preToken.length(), ids);
        known.put(preToken, ids);
      }
    }
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
