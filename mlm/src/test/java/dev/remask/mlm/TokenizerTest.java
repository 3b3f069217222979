package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
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

  /** Both are BPE: the short form is the definition. */
  @Test
  void longPreTokensAreMergedAsShortOnes() {
    Random random = new Random(1);
    int[] bytes = "banterstoinrethg".chars().map(VOCABULARY::byteId).toArray();
    for (int i = 0; i < 2_000; i++) {
      int letters = 1 + random.nextInt(bytes.length);
      int[] symbols =
          random.ints(random.nextInt(200), 0, letters).map(letter -> bytes[letter]).toArray();
      int[] expected = TOKENIZER.mergeShort(symbols.clone());
      assertThat(TOKENIZER.mergeLong(symbols)).isEqualTo(expected);
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

  /** More different words than are remembered. */
  @Test
  void forgettingChangesNothing() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 150_000; i++) {
      text.append(' ').append(Integer.toString(i * 7919, 36).replaceAll("[0-9]", "z"));
    }
    Tokenizer tokenizer = new Tokenizer(VOCABULARY);
    int[] first = tokenizer.encode(text.toString());
    assertThat(Arrays.equals(tokenizer.encode(text.toString()), first)).isTrue();
    assertThat(VOCABULARY.decode(first)).isEqualTo(text.toString());
  }
}
