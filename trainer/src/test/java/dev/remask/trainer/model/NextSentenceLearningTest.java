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

/**
 * The model learns which sentences follow each other, where that can be told, and only there. The
 * words of a document are those of its subject, so the next sentence has the same ones, and a
 * random one mostly others.
 */
class NextSentenceLearningTest {
  private static final int SUBJECTS = 4;
  private static final int WORDS = 8; // of a subject
  private static final int FIRST = 4; // the first ordinary token
  private static final int VOCABULARY = FIRST + SUBJECTS * WORDS + 1;
  private static final int MASK = VOCABULARY - 1;
  private static final int SENTENCE = 7;
  private static final int LENGTH = 2 * SENTENCE + 3;
  private static final int HELD_OUT = 512;

  /** Whether the second sentence is of the first one's subject, or a coin tells. */
  private enum Labels {
    TRUE,
    SHUFFLED
  }

  @Test
  void whatFollowsIsTold() {
    Evaluation after = trained(Labels.TRUE);
    assertThat(after.nextSentence().accuracy()).isGreaterThan(0.9);
    assertThat(after.nextSentence().loss()).isLessThan(0.35);
    assertThat(after.maskLoss()).as("the subject is seen").isLessThan(Math.log(WORDS) + 0.4);
  }

  /** Four standard deviations about chance: nothing about a label leaks into its prediction. */
  @Test
  void whatCannotBeToldIsNot() {
    Evaluation after = trained(Labels.SHUFFLED);
    double deviation = Math.sqrt(0.25 / HELD_OUT);
    assertThat(after.nextSentence().accuracy()).isBetween(0.5 - 4 * deviation, 0.5 + 4 * deviation);
    assertThat(after.nextSentence().loss()).isGreaterThan(0.65);
    assertThat(after.maskLoss()).isLessThan(Math.log(WORDS) + 0.4);
  }

  private static Evaluation trained(Labels labels) {
    ModelShape shape = new ModelShape(2, 32, 2, 64, VOCABULARY, LENGTH, true);
    Settings settings = new Settings(Initialization.SHORT_RUN, AdamW.ROBERTA, 0, 1, 2, 16);
    try (Roberta model = Roberta.create(shape, settings)) {
      for (int step = 1; step <= 400; step++) {
        model.step(pairs(64, step, labels), 4e-3 * Math.min(1, step / 20.0), step);
      }
      return model.evaluate(pairs(HELD_OUT, 0, labels));
    }
  }

  /** {@code <s> A </s> B </s>}; another epoch is other text. */
  private static List<Example> pairs(int count, int epoch, Labels labels) {
    Random random = new Random(epoch);
    return IntStream.range(0, count)
        .mapToObj(
            i -> {
              boolean next = random.nextBoolean();
              int subject = random.nextInt(SUBJECTS);
              int other = (subject + 1 + random.nextInt(SUBJECTS - 1)) % SUBJECTS;
              int[] tokens = new int[LENGTH];
              sentence(random, subject, tokens, 1);
              tokens[SENTENCE + 1] = 2;
              sentence(random, next ? subject : other, tokens, SENTENCE + 2);
              tokens[LENGTH - 1] = 2;
              boolean label = labels == Labels.TRUE ? next : random.nextBoolean();
              return new Example(epoch, 0, i, masked(tokens, random), SENTENCE + 2, label);
            })
        .toList();
  }

  private static void sentence(Random random, int subject, int[] tokens, int from) {
    for (int i = from; i < from + SENTENCE; i++) {
      tokens[i] = FIRST + subject * WORDS + random.nextInt(WORDS);
    }
  }

  private static Masked masked(int[] tokens, Random random) {
    int[] positions =
        IntStream.range(0, tokens.length)
            .filter(i -> tokens[i] >= FIRST && random.nextDouble() < 0.15)
            .toArray();
    int[] labels = IntStream.of(positions).map(i -> tokens[i]).toArray();
    int[] inputs = tokens.clone();
    for (int position : positions) {
      inputs[position] = MASK;
    }
    return new Masked(inputs, positions, labels);
  }
}
