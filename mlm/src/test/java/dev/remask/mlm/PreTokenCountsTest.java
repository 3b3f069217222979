package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class PreTokenCountsTest {
  static Map<String, Long> map(PreTokenCounts counts) {
    Map<String, Long> map = new TreeMap<>();
    for (int i = 0; i < counts.size(); i++) {
      String preToken = new String(counts.preToken(i), StandardCharsets.UTF_8);
      assertThat(map.put(preToken, counts.count(i))).as("stands twice").isNull();
    }
    return map;
  }

  /** Of any well-formed text: a map counts the same, and forgets the same. */
  @Property(tries = 300)
  void isAMap(@ForAll @Size(max = 2_000) List<@IntRange(max = 999) Integer> words) {
    PreTokenCounts counts = new PreTokenCounts();
    Map<String, Long> map = new HashMap<>();
    for (int word : words) {
      // One to four bytes of UTF-8 a character, and a text on both sides.
      int letter = 0x41 + word * word * word / 1_000;
      String text = Character.toString(letter < 0xD800 ? letter : letter + 0x800) + word;
      counts.add("<" + text + ">", 1, 1 + text.length());
      map.merge(text, 1L, Long::sum);
    }
    assertThat(map(counts)).isEqualTo(map);
    Collection<Long> frequencies = map.values();
    long rarest = frequencies.stream().mapToLong(Long::longValue).min().orElse(0);
    long expected = frequencies.stream().filter(count -> count == rarest).count() * rarest;
    assertThat(counts.forgetRarest()).isEqualTo(expected);
    frequencies.removeIf(count -> count == rarest);
    assertThat(map(counts)).isEqualTo(map);
    for (String text : List.copyOf(map.keySet())) {
      counts.add(text, 0, text.length());
      map.merge(text, 1L, Long::sum);
    }
    assertThat(map(counts)).as("found again").isEqualTo(map);
  }
}
