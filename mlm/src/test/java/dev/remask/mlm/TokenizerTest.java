package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class TokenizerTest {
  private static final Vocabulary VOCABULARY = Vocabulary.learn(TestTexts.prose(300, 1), 600);
  private static final Tokenizer TOKENIZER = new Tokenizer(VOCABULARY);

  @Property
  void decodingIsTheInverse(@ForAll("texts") String text) {
    int[] ids = TOKENIZER.encode(text);
    assertThat(VOCABULARY.decode(ids)).isEqualTo(text);
    assertThat(ids).isEqualTo(new Tokenizer(VOCABULARY).encode(text));
  }

  @Provide
  Arbitrary<String> texts() {
    return TestTexts.texts();
  }

  @Test
  void specialTokensAreNeverMadeFromText() {
    String text = "<s> <pad></s><unk> <mask><mask>";
    Vocabulary greedy = Vocabulary.learn(List.of(text, text, text), 600);
    assertThat(Arrays.stream(new Tokenizer(greedy).encode(text))).allMatch(greedy::isText);
    assertThat(greedy.decode(new Tokenizer(greedy).encode(text))).isEqualTo(text);
  }

  @Test
  void loneSurrogatesAreReplacementCharacters() {
    for (String lone : List.of("\uD83D", "\uDC69", "x\uD83D y", "\uDC69\uD83D")) {
      String replaced = lone.replace('\uD83D', '\uFFFD').replace('\uDC69', '\uFFFD');
      assertThat(TOKENIZER.encode(lone)).isEqualTo(TOKENIZER.encode(replaced));
      assertThat(VOCABULARY.decode(TOKENIZER.encode(lone))).isEqualTo(replaced);
    }
  }

  @Test
  void mergingIsBpeAsItIsDefined() {
    Random random = new Random(1);
    int[] bytes = "banterstoinrethg".chars().map(VOCABULARY::byteId).toArray();
    for (int i = 0; i < 2_000; i++) {
      int letters = 1 + random.nextInt(bytes.length);
      int[] symbols =
          random.ints(random.nextInt(200), 0, letters).map(letter -> bytes[letter]).toArray();
      int[] expected = merged(symbols);
      assertThat(TOKENIZER.mergeShort(symbols.clone())).isEqualTo(expected);
      assertThat(TOKENIZER.mergeLong(symbols)).isEqualTo(expected);
    }
  }

  /** While any rule applies, the one of lowest rank, at its leftmost place. */
  private static int[] merged(int[] symbols) {
    Merges merges = VOCABULARY.merges();
    List<Integer> left = new ArrayList<>(Arrays.stream(symbols).boxed().toList());
    while (true) {
      int best = Merges.NONE;
      for (int i = 0; i + 1 < left.size(); i++) {
        best = Math.min(best, merges.rank(left.get(i), left.get(i + 1)));
      }
      if (best == Merges.NONE) {
        return left.stream().mapToInt(Integer::intValue).toArray();
      }
      int at = 0;
      while (merges.rank(left.get(at), left.get(at + 1)) != best) {
        at++;
      }
      left.set(at, merges.result(best));
      left.remove(at + 1);
    }
  }

  @Test
  void aLongRunOfOneCharacterDoesNotHang() {
    for (String character : List.of("a", " ", "=", "\n", "é", "中")) {
      String run = character.repeat(200_000);
      int[] ids = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> TOKENIZER.encode(run));
      assertThat(VOCABULARY.decode(ids)).isEqualTo(run);
    }
  }
}
