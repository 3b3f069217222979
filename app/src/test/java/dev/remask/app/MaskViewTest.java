package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Masked;
import dev.remask.mlm.Tokenizer;
import dev.remask.mlm.Vocabulary;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class MaskViewTest {
  private static final String TEXT = "the cat sat on the mat";

  private final Vocabulary vocabulary =
      Vocabulary.learn(List.of(TEXT.repeat(3), "the cat the cat on on mat mat sat sat"), 300);
  private final int[] words = new Tokenizer(vocabulary).encode(TEXT);

  private static Console console(boolean terminal) {
    return new Console(
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
        terminal,
        () -> 0);
  }

  @Test
  void everySelectedTokenIsMarkedByHowItWasTreated() {
    assertThat(words).hasSize(6);
    int[] inputs = words.clone();
    inputs[1] = vocabulary.mask();
    inputs[2] = words[5];
    Masked masked =
        new Masked(inputs, new int[] {1, 2, 3}, new int[] {words[1], words[2], words[3]});
    assertThat(new MaskView(vocabulary, console(false)).render(masked))
        .isEqualTo("the [mask] {mat} (on) the mat");
    assertThat(new MaskView(vocabulary, console(true)).render(masked))
        .isEqualTo(
            "the \u001B[30;43m mask \u001B[0m \u001B[35mmat\u001B[0m \u001B[32mon\u001B[0m the mat");
  }

  @Test
  void aPairIsShownByItsParts() {
    int[] tokens = {0, words[0], words[1], 2, words[3], words[4], words[5], 2};
    int[] inputs = tokens.clone();
    inputs[2] = vocabulary.mask();
    Masked masked = new Masked(inputs, new int[] {2, 5}, new int[] {words[1], words[4]});
    assertThat(new MaskView(vocabulary, console(false)).render(masked, 4).lines())
        .containsExactly("A  the [mask]", "B  on (the) mat");
    assertThat(new MaskView(vocabulary, console(false)).render(masked, -1))
        .isEqualTo(new MaskView(vocabulary, console(false)).render(masked));
  }

  @Test
  void nothingSelectedIsPlainText() {
    Masked masked = new Masked(words, new int[0], new int[0]);
    assertThat(new MaskView(vocabulary, console(false)).render(masked)).isEqualTo(TEXT);
  }
}
