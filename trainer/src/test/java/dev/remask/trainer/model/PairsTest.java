package dev.remask.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.NextSentence;
import dev.remask.trainer.StepResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A model of segments of two parts: token types, and the next-sentence head beside the other. */
class PairsTest {
  private static final ModelShape ONE = new ModelShape(2, 32, 2, 48, 101, 24);
  private static final ModelShape TWO = ONE.withPairs(true);
  private static final List<Example> PAIRS = pairs(18, 4);

  private static List<Example> pairs(int count, long seed) {
    return Examples.randomPairs(count, 24, 101, seed);
  }

  private static Settings settings(double dropout, int workers, int microBatch, long seed) {
    return new Settings(
        Initialization.SHORT_RUN, AdamW.ROBERTA, dropout, seed, workers, microBatch);
  }

  private static Roberta model(double dropout, int workers, int microBatch) {
    return Roberta.create(TWO, settings(dropout, workers, microBatch, 11));
  }

  @ParameterizedTest
  @CsvSource({
    "18, 1, 1, 0",
    "18, 2, 2, 0",
    "18, 2, 7, 0.3",
    "18, 3, 4, 0",
    "2048, 1, 1, 0.1",
    "2048, 2, 64, 0.1",
    "2048, 3, 1000, 0"
  })
  void theGradientDoesNotDependOnHowABatchIsCut(
      int count, int workers, int microBatch, double dropout) {
    List<Example> batch = pairs(count, 3);
    float[] whole = gradient(batch, 1, count, dropout);
    float[] cut = gradient(batch, workers, microBatch, dropout);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < whole.length; i++) {
      difference += Math.pow((double) whole[i] - cut[i], 2);
      norm += Math.pow(whole[i], 2);
    }
    assertThat(norm).isPositive();
    assertThat(Math.sqrt(difference / norm)).isLessThan(1e-5);
  }

  private static float[] gradient(
      List<Example> batch, int workers, int microBatch, double dropout) {
    try (Roberta model = model(dropout, workers, microBatch)) {
      assertThat(model.backpropagate(batch, 1, () -> false)).isPresent();
      model.reduce();
      return model.gradient().toArray();
    }
  }

  static Stream<Arguments> runs() {
    return Stream.of(Arguments.of(new ScalarKernels(), 0.0), Arguments.of(Kernels.fastest(), 0.1));
  }

  @ParameterizedTest
  @MethodSource("runs")
  void stepsGiveTheSameBitsEveryTime(Kernels kernels, double dropout) {
    assertThat(tenSteps(kernels, dropout)).isEqualTo(tenSteps(kernels, dropout));
  }

  private static List<String> tenSteps(Kernels kernels, double dropout) {
    List<String> hashes = new ArrayList<>();
    try (Roberta model = new Roberta(TWO, settings(dropout, 2, 3, 11), kernels)) {
      for (int step = 1; step <= 10; step++) {
        StepResult result = model.step(pairs(16, step), 1e-3, step);
        hashes.add(result + model.parametersSha256());
      }
    }
    assertThat(hashes).doesNotHaveDuplicates();
    return hashes;
  }

  @Test
  void aStepTellsBothLosses() {
    try (Roberta model = model(0, 2, 5)) {
      ReferenceRoberta reference = new ReferenceRoberta(TWO, Dropout.NONE, 0);
      reference.takeParameters(model);
      double expected = reference.nextSentenceLoss(PAIRS);
      long tokens = PAIRS.stream().mapToLong(e -> e.masked().positions().length).sum();
      double all = reference.loss(PAIRS) / tokens;
      Evaluation evaluation = model.evaluate(PAIRS);
      StepResult result = model.step(PAIRS, 1e-3, 1);
      assertThat(result.nextSentence().examples()).isEqualTo(PAIRS.size());
      assertThat(result.nextSentence().loss()).isCloseTo(expected, within(1e-5));
      assertThat(result.loss()).isCloseTo(all - expected, within(1e-5));
      assertThat(evaluation.nextSentence()).isEqualTo(result.nextSentence());
      assertThat(evaluation.loss()).isCloseTo(result.loss(), within(1e-12));
    }
  }

  /** With logits that say nothing it is ln 2; with a large bias it is that, or nothing. */
  @Test
  void classZeroIsTheNextSentence() {
    try (Roberta model = model(0, 1, 4)) {
      Floats weight = tensor(model, Layout.NEXT_SENTENCE + ".weight");
      weight.clear();
      assertThat(model.evaluate(PAIRS).nextSentence().loss()).isCloseTo(Math.log(2), within(1e-12));
      tensor(model, Layout.NEXT_SENTENCE + ".bias").set(0, 200);
      NextSentence sure = model.evaluate(PAIRS).nextSentence();
      long next = PAIRS.stream().filter(e -> Boolean.TRUE.equals(e.nextSentence())).count();
      assertThat(sure.correct()).isEqualTo(next).isBetween(1L, PAIRS.size() - 1L);
      assertThat(sure.lossSum()).isCloseTo(200.0 * (PAIRS.size() - next), within(1e-9));
      assertThat(model.step(PAIRS, 1e-3, 1).isFinite()).isTrue();
    }
  }

  private static Floats tensor(Roberta model, String name) {
    Layout.Tensor tensor = model.layout().tensor(name);
    return model.parameters().slice(tensor.offset(), tensor.length());
  }

  @Test
  void aBatchWithoutMasksLearnsTheNextSentenceAlone() {
    List<Example> bare =
        PAIRS.stream()
            .map(
                e ->
                    new Example(
                        e.epoch(),
                        e.partition(),
                        e.sequence(),
                        new Masked(e.masked().inputs(), new int[0], new int[0]),
                        e.secondPart(),
                        e.nextSentence()))
            .toList();
    try (Roberta model = model(0, 2, 5)) {
      StepResult result = model.step(bare, 1e-3, 1);
      assertThat(result.loss()).isZero();
      assertThat(result.gradientNorm()).isPositive();
      double before = result.nextSentence().loss();
      for (int step = 2; step <= 30; step++) {
        result = model.step(bare, 1e-3, step);
      }
      assertThat(result.nextSentence().loss()).isLessThan(before / 4);
    }
  }

  @Test
  void anAbandonedStepLeavesNoTrace() {
    try (Roberta unbroken = model(0.1, 2, 3);
        Roberta model = model(0.1, 2, 3)) {
      for (int step = 1; step <= 2; step++) {
        StepResult expected = unbroken.step(PAIRS, 1e-2, step);
        for (int asks = 0; ; asks++) {
          AtomicInteger left = new AtomicInteger(asks);
          Optional<StepResult> result =
              model.step(PAIRS, 1e-2, step, () -> left.getAndDecrement() <= 0);
          if (result.isPresent()) {
            assertThat(result).contains(expected);
            break;
          }
        }
        assertThat(model.parametersSha256()).isEqualTo(unbroken.parametersSha256());
      }
    }
  }

  /** As a sentence to fill is. */
  @Test
  void predictionsAreThoseOfOnePart() {
    int[] tokens = PAIRS.get(0).masked().inputs();
    try (Roberta model = model(0, 1, 1)) {
      ReferenceRoberta reference = new ReferenceRoberta(TWO, Dropout.NONE, 0);
      reference.takeParameters(model);
      double[] expected = reference.logits(reference.encode(tokens, 0)[7]);
      float[] logits = model.logits(tokens, 7);
      for (int token = 0; token < logits.length; token++) {
        assertThat((double) logits[token]).isCloseTo(expected[token], within(1e-4));
      }
    }
  }

  static Stream<Arguments> impossible() {
    return Stream.of(
        Arguments.of(true, -1, null, "second part at -1 of 3 tokens; allowed: 1 to 2"),
        Arguments.of(true, 0, true, "second part at 0 of 3 tokens; allowed: 1 to 2"),
        Arguments.of(true, 3, true, "second part at 3 of 3 tokens; allowed: 1 to 2"),
        Arguments.of(true, 2, null, "no next-sentence label"),
        Arguments.of(false, 2, true, "allowed: one part"),
        Arguments.of(false, -1, true, "allowed: one part"));
  }

  @ParameterizedTest(name = "{3}")
  @MethodSource("impossible")
  void refusesImpossibleParts(boolean pairs, int second, @Nullable Boolean next, String reason) {
    Masked masked = new Masked(new int[3], new int[] {1}, new int[1]);
    Example example = new Example(2, 1, 77, masked, second, next);
    try (Roberta model = Roberta.create(ONE.withPairs(pairs), settings(0, 1, 2, 1))) {
      String before = model.parametersSha256();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> model.step(List.of(example), 1e-3, 1))
          .withMessageContaining("epoch 2, partition 1, sequence 77")
          .withMessageContaining(reason);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> model.evaluate(List.of(example)))
          .withMessageContaining(reason);
      assertThat(model.parametersSha256()).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 7", "3, 100"})
  void theMemoryItTakesIsKnownBeforehand(int workers, int microBatch) {
    try (Roberta model = model(0, workers, microBatch)) {
      assertThat(model.arena().used()).isEqualTo(model.floats());
    }
  }

  @Test
  void aSavedModelGoesOnWithTheSameBits(@TempDir Path folder) throws Exception {
    try (Roberta model = model(0.1, 2, 3)) {
      model.step(PAIRS, 1e-2, 1);
      model.save(folder, folder);
      JsonNode config = Safetensors.JSON.readTree(folder.resolve("config.json").toFile());
      assertThat(config.path("type_vocab_size").asInt()).isEqualTo(2);
      assertThat(config.at("/architectures/0").asText()).isEqualTo("RobertaForMaskedLM");
      try (Safetensors file = Safetensors.open(folder.resolve("model.safetensors"))) {
        file.check(Layout.TYPES, List.of(2, 32));
        file.check("roberta.pooler.dense.weight", List.of(32, 32));
        file.check("roberta.pooler.dense.bias", List.of(32));
        file.check("cls.seq_relationship.weight", List.of(2, 32));
        file.check("cls.seq_relationship.bias", List.of(2));
      }
      assertThat(Roberta.shape(folder)).isEqualTo(TWO);
      Roberta.verify(folder);
      try (Roberta other = Roberta.create(TWO, settings(0.1, 2, 3, 11))) {
        other.load(folder, folder);
        assertThat(other.step(PAIRS, 1e-2, 2)).isEqualTo(model.step(PAIRS, 1e-2, 2));
        assertThat(other.parametersSha256()).isEqualTo(model.parametersSha256());
      }
    }
  }

  /** Whatever it begins with, what was there is taken and the rest is the new model's own. */
  @Test
  void beginsWithTheParametersOfAnother(@TempDir Path folder) throws Exception {
    Path one = Files.createDirectory(folder.resolve("one"));
    Path two = Files.createDirectory(folder.resolve("two"));
    try (Roberta single = Roberta.create(ONE, settings(0, 1, 2, 1));
        Roberta paired = Roberta.create(TWO, settings(0, 1, 2, 2));
        Roberta fresh = Roberta.create(TWO, settings(0, 1, 2, 3));
        Roberta pairedOfSingle = Roberta.create(TWO, settings(0, 1, 2, 3));
        Roberta pairedOfPaired = Roberta.create(TWO, settings(0, 1, 2, 3));
        Roberta singleOfPaired = Roberta.create(ONE, settings(0, 1, 2, 3))) {
      single.step(List.of(new Example(0, 0, 0, PAIRS.get(0).masked())), 1e-2, 1);
      paired.step(PAIRS, 1e-2, 1);
      single.save(one, one);
      paired.save(two, two);
      pairedOfSingle.load(one);
      pairedOfPaired.load(two);
      singleOfPaired.load(two);
      assertThat(pairedOfPaired.parametersSha256()).isEqualTo(paired.parametersSha256());
      float[] type = tensor(single, Layout.TYPES).toArray();
      assertThat(type).hasSize(32).doesNotContain(0);
      assertThat(tensor(pairedOfSingle, Layout.TYPES).toArray())
          .startsWith(type)
          .endsWith(type)
          .hasSize(64);
      assertThat(tensor(singleOfPaired, Layout.TYPES).toArray())
          .isEqualTo(tensor(paired, Layout.TYPES).slice(0, 32).toArray());
      for (Layout.Tensor tensor : single.layout().tensors()) {
        if (!tensor.name().equals(Layout.TYPES)) {
          assertThat(tensor(pairedOfSingle, tensor.name()).toArray())
              .isEqualTo(tensor(single, tensor.name()).toArray());
          assertThat(tensor(singleOfPaired, tensor.name()).toArray())
              .isEqualTo(tensor(paired, tensor.name()).toArray());
        }
      }
      for (String part : List.of(Layout.POOLER + ".weight", Layout.NEXT_SENTENCE + ".weight")) {
        assertThat(tensor(pairedOfSingle, part).toArray())
            .isEqualTo(tensor(fresh, part).toArray())
            .isNotEqualTo(tensor(paired, part).toArray());
      }
      assertThat(pairedOfSingle.predict(PAIRS.get(0).masked().inputs(), 3, 101))
          .isEqualTo(single.predict(PAIRS.get(0).masked().inputs(), 3, 101));
    }
  }

  /** A checkpoint is all there or refused; a model to begin with may come without the head. */
  @Test
  void aHeadIsWholeOrNone(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("model.safetensors");
    try (Roberta model = model(0, 1, 1);
        Roberta other = Roberta.create(TWO, settings(0, 1, 1, 12))) {
      model.save(folder, folder);
      String weight = Layout.NEXT_SENTENCE + ".weight";
      float[] own = tensor(other, weight).toArray();
      float[] pooler = tensor(other, Layout.POOLER + ".weight").toArray();
      rewrite(model, file, name -> !name.startsWith("cls."));
      assertThatIOException()
          .isThrownBy(() -> model.load(folder, folder))
          .withMessageContaining("no tensor " + weight);
      Roberta.verify(folder);
      other.load(folder); // with a pooler of whoever had no use for it
      assertThat(tensor(other, weight).toArray()).isEqualTo(own);
      assertThat(tensor(other, Layout.POOLER + ".weight").toArray()).isEqualTo(pooler);
      assertThat(tensor(other, Layout.WORDS).toArray())
          .isEqualTo(tensor(model, Layout.WORDS).toArray());
      rewrite(model, file, name -> !name.startsWith(Layout.POOLER));
      assertThatIOException()
          .isThrownBy(() -> other.load(folder))
          .withMessageContaining("no tensor " + Layout.POOLER);
      rewrite(model, file, name -> !name.equals(weight));
      assertThatIOException()
          .isThrownBy(() -> Roberta.verify(folder))
          .withMessageContaining("unknown tensor cls.seq_relationship.bias");
    }
  }

  private static void rewrite(Roberta model, Path file, Predicate<String> kept) throws Exception {
    List<Safetensors.Named> tensors =
        model.layout().tensors().stream()
            .filter(tensor -> kept.test(tensor.name()))
            .map(t -> new Safetensors.Named(t.name(), t.shape(), tensor(model, t.name())))
            .toList();
    Safetensors.write(file, tensors);
  }
}
