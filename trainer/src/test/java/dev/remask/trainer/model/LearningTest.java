package dev.remask.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.ModelShape;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The model learns a language whose best loss is known. */
class LearningTest {
  private static final int VOCABULARY = 40;
  private static final int MASK = VOCABULARY - 1;
  private static final int FIRST = 4; // the first ordinary token
  private static final int WORDS = MASK - FIRST;
  private static final int LENGTH = 24;
  private static final double FAITHFUL = 0.9; // how often a token is followed by its successor

  /**
   * Every word is equally frequent, so without context the loss at a mask is ln(WORDS) = 3.56. With
   * it, both neighbours tell the word nearly always.
   */
  @Test
  void contextBringsTheLossFarBelowThatOfWordFrequencies() {
    ModelShape shape = new ModelShape(2, 32, 2, 64, VOCABULARY, LENGTH);
    Settings settings = new Settings(Initialization.SHORT_RUN, AdamW.ROBERTA, 0, 1, 2, 16);
    int steps = 300;
    try (Roberta model = Roberta.create(shape, settings)) {
      Evaluation before = model.evaluate(text(256, 0));
      for (int step = 1; step <= steps; step++) {
        model.step(text(64, step), 4e-3 * Math.min(1, step / 20.0), step);
      }
      Evaluation after = model.evaluate(text(256, 0));
      assertThat(before.maskLossSum() / before.maskTokens()).isGreaterThan(3.4);
      assertThat(after.maskLossSum() / after.maskTokens()).isLessThan(1.2);
      assertThat((double) after.maskCorrect() / after.maskTokens()).isGreaterThan(0.8);
    }
  }

  /** Sentences of that language, masked as BERT does; another epoch is other text. */
  private static List<Example> text(int sentences, int epoch) {
    Random random = new Random(epoch);
    return IntStream.range(0, sentences)
        .mapToObj(sentence -> new Example(epoch, 0, sentence, masked(words(random), random)))
        .toList();
  }

  private static int[] words(Random random) {
    int[] words = new int[LENGTH - random.nextInt(8)];
    int word = random.nextInt(WORDS);
    for (int i = 0; i < words.length; i++) {
      words[i] = FIRST + word;
      boolean faithful = random.nextDouble() < FAITHFUL;
      word = faithful ? (3 * word + 1) % WORDS : random.nextInt(WORDS);
    }
    return words;
  }

  private static Masked masked(int[] words, Random random) {
    int[] positions =
        IntStream.range(0, words.length).filter(i -> random.nextDouble() < 0.15).toArray();
    int[] labels = IntStream.of(positions).map(i -> words[i]).toArray();
    int[] inputs = words.clone();
    for (int position : positions) {
      double kind = random.nextDouble();
      inputs[position] =
          kind < 0.8 ? MASK : kind < 0.9 ? FIRST + random.nextInt(WORDS) : inputs[position];
    }
    return new Masked(inputs, positions, labels);
  }
}
