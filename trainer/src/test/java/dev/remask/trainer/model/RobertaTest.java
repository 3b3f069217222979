package dev.remask.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.Prediction;
import dev.remask.trainer.StepResult;
import dev.remask.trainer.StepWatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RobertaTest {
  private static final ModelShape SHAPE = new ModelShape(2, 32, 2, 48, 101, 24);
  private static final List<Example> EXAMPLES = Examples.random(16, 24, 101, 4);

  private static Roberta model(double dropout, int workers, int microBatch) {
    return Roberta.create(SHAPE, settings(dropout, workers, microBatch));
  }

  private static Settings settings(double dropout, int workers, int microBatch) {
    return new Settings(Initialization.SHORT_RUN, AdamW.ROBERTA, dropout, 11, workers, microBatch);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 0",
    "1, 2, 0",
    "1, 7, 0",
    "1, 16, 0",
    "2, 1, 0",
    "2, 2, 0",
    "2, 7, 0",
    "2, 16, 0",
    "3, 4, 0",
    "1, 1, 0.3",
    "2, 3, 0.3"
  })
  void theGradientDoesNotDependOnHowABatchIsCut(int workers, int microBatch, double dropout) {
    float[] whole = gradient(EXAMPLES, 1, 16, dropout);
    float[] cut = gradient(EXAMPLES, workers, microBatch, dropout);
    assertThat(distance(whole, cut)).isLessThan(1e-5);
  }

  /** Rounding must not add up: thousands of sums into one gradient. */
  @ParameterizedTest
  @CsvSource({"1, 1", "2, 7", "2, 64", "3, 1000"})
  void noMoreDoesThatOfALargeBatch(int workers, int microBatch) {
    List<Example> batch = Examples.random(2_048, SHAPE.positions(), SHAPE.vocabulary(), 3);
    float[] whole = gradient(batch, 1, 2_048, 0.1);
    assertThat(distance(whole, gradient(batch, workers, microBatch, 0.1))).isLessThan(1e-5);
  }

  /** Relative. */
  private static double distance(float[] whole, float[] cut) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < whole.length; i++) {
      difference += Math.pow((double) whole[i] - cut[i], 2);
      norm += Math.pow(whole[i], 2);
    }
    assertThat(norm).isPositive();
    return Math.sqrt(difference / norm);
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
    return Stream.of(
        Arguments.of(new ScalarKernels(), 0.0),
        Arguments.of(Kernels.fastest(), 0.0),
        Arguments.of(Kernels.fastest(), 0.1));
  }

  @ParameterizedTest
  @MethodSource("runs")
  void twentyStepsGiveTheSameBitsEveryTime(Kernels kernels, double dropout) {
    assertThat(twentySteps(kernels, dropout)).isEqualTo(twentySteps(kernels, dropout));
  }

  private static List<String> twentySteps(Kernels kernels, double dropout) {
    List<String> hashes = new ArrayList<>();
    try (Roberta model = new Roberta(SHAPE, settings(dropout, 2, 3), kernels)) {
      for (int step = 1; step <= 20; step++) {
        StepResult result = model.step(Examples.random(16, 24, 101, step), 1e-3, step);
        hashes.add(result + model.parametersSha256());
      }
    }
    assertThat(hashes).doesNotHaveDuplicates();
    return hashes;
  }

  @Test
  void scalarAndVectorKernelsTakeTheSameSteps() {
    try (Roberta scalar = new Roberta(SHAPE, settings(0, 2, 4), new ScalarKernels());
        Roberta fastest = model(0, 2, 4)) {
      for (int step = 1; step <= 5; step++) {
        StepResult expected = scalar.step(EXAMPLES, 1e-3, step);
        StepResult actual = fastest.step(EXAMPLES, 1e-3, step);
        assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-5));
        assertThat(actual.gradientNorm()).isCloseTo(expected.gradientNorm(), within(1e-4));
      }
    }
  }

  @Test
  void evaluationIsTheReferencesLossAndLeavesNoTrace() {
    try (Roberta model = model(0.5, 2, 3)) {
      ReferenceRoberta reference = new ReferenceRoberta(SHAPE, Dropout.NONE, 0);
      reference.takeParameters(model);
      String before = model.parametersSha256();
      Evaluation all = model.evaluate(EXAMPLES);
      assertThat(all.lossSum()).isCloseTo(reference.loss(EXAMPLES), within(1e-5 * all.lossSum()));
      Evaluation first = model.evaluate(EXAMPLES.subList(0, 5));
      Evaluation rest = model.evaluate(EXAMPLES.subList(5, 16));
      assertThat(first.tokens() + rest.tokens()).isEqualTo(all.tokens());
      assertThat(first.maskTokens() + rest.maskTokens()).isEqualTo(all.maskTokens());
      assertThat(all.maskTokens()).isBetween(1L, all.tokens() - 1);
      assertThat(first.lossSum() + rest.lossSum()).isCloseTo(all.lossSum(), within(1e-3));
      assertThat(model.evaluate(List.of()).tokens()).isZero();
      assertThat(model.parametersSha256()).isEqualTo(before);
    }
  }

  /**
   * Looking at held-out text between two steps changes no bit of what follows, nor does its own.
   */
  @Test
  void evaluationBetweenStepsDisturbsNothing() {
    List<Example> heldOut = Examples.random(7, 24, 101, 99);
    try (Roberta plain = model(0.2, 2, 3);
        Roberta watched = model(0.2, 2, 3)) {
      List<Evaluation> looks = new ArrayList<>();
      for (int step = 1; step <= 4; step++) {
        looks.add(watched.evaluate(heldOut));
        assertThat(watched.evaluate(heldOut)).isEqualTo(looks.get(step - 1));
        assertThat(watched.step(EXAMPLES, 1e-2, step)).isEqualTo(plain.step(EXAMPLES, 1e-2, step));
        assertThat(watched.parametersSha256()).isEqualTo(plain.parametersSha256());
      }
      assertThat(looks).doesNotHaveDuplicates();
      assertThat(plain.evaluate(heldOut)).isEqualTo(watched.evaluate(heldOut));
      AtomicInteger asked = new AtomicInteger();
      assertThat(watched.evaluate(heldOut, () -> asked.incrementAndGet() > 1)).isEmpty();
      assertThat(watched.evaluate(heldOut, () -> false)).contains(plain.evaluate(heldOut));
    }
  }

  /**
   * What a step says of its batch is what evaluating it just before gives, with dropout and
   * without, however it is cut; and to be asked for it changes no bit of what is learned.
   */
  @ParameterizedTest
  @CsvSource({"0, 1, 16", "0, 2, 3", "0.3, 1, 16", "0.3, 2, 3"})
  void aStepScoresItsBatchBeforeItLearns(double dropout, int workers, int microBatch) {
    try (Roberta asked = model(dropout, workers, microBatch);
        Roberta plain = model(dropout, workers, microBatch);
        Roberta whole = model(0, 1, 16)) {
      for (int step = 1; step <= 3; step++) {
        double expected = asked.evaluate(EXAMPLES).lossSum();
        List<Double> first = new ArrayList<>();
        for (Example example : EXAMPLES) {
          first.add(whole.evaluate(List.of(example)).lossSum());
        }
        Scores scores = new Scores();
        assertThat(asked.step(EXAMPLES, 1e-2, step, scores))
            .contains(plain.step(EXAMPLES, 1e-2, step));
        assertThat(asked.parametersSha256()).isEqualTo(plain.parametersSha256());
        assertThat(DoubleStream.of(scores.losses).sum())
            .isCloseTo(expected, within(1e-9 * expected));
        if (step == 1) {
          requireByExample(scores.losses, first);
        }
      }
    }
  }

  private static void requireByExample(double[] losses, List<Double> expected) {
    int from = 0;
    for (int e = 0; e < EXAMPLES.size(); e++) {
      int to = from + EXAMPLES.get(e).masked().positions().length;
      double sum = Arrays.stream(losses, from, to).sum();
      assertThat(sum).isCloseTo(expected.get(e), within(1e-4));
      from = to;
    }
    assertThat(losses).hasSize(from);
  }

  private static final class Scores implements StepWatch {
    private double[] losses = {};

    @Override
    public boolean abandons() {
      return false;
    }

    @Override
    public boolean scores() {
      return true;
    }

    @Override
    public void scored(double[] found) {
      assertThat(losses).as("once").isEmpty();
      losses = found;
    }
  }

  @Test
  void logitsAreTheReferences() {
    int[] tokens = EXAMPLES.get(0).masked().inputs();
    try (Roberta model = model(0, 1, 1)) {
      ReferenceRoberta reference = new ReferenceRoberta(SHAPE, Dropout.NONE, 0);
      reference.takeParameters(model);
      for (int position : new int[] {0, 7, tokens.length - 1}) {
        double[] expected = reference.logits(reference.encode(tokens, 0)[position]);
        float[] logits = model.logits(tokens, position);
        assertThat(logits).hasSize(SHAPE.vocabulary());
        for (int token = 0; token < logits.length; token++) {
          assertThat((double) logits[token]).isCloseTo(expected[token], within(1e-4));
        }
      }
      assertThatIllegalArgumentException().isThrownBy(() -> model.logits(tokens, tokens.length));
    }
  }

  @Test
  void predictionsAreTheReferencesProbabilities() {
    int[] tokens = EXAMPLES.get(0).masked().inputs();
    try (Roberta model = model(0, 1, 1)) {
      ReferenceRoberta reference = new ReferenceRoberta(SHAPE, Dropout.NONE, 0);
      reference.takeParameters(model);
      double[] logits = reference.logits(reference.encode(tokens, 0)[7]);
      List<Prediction> predictions = model.predict(tokens, 7, SHAPE.vocabulary());
      assertThat(predictions).hasSize(SHAPE.vocabulary());
      for (Prediction prediction : predictions) {
        double expected = Math.exp(logits[prediction.token()] - ReferenceRoberta.logSumExp(logits));
        assertThat(prediction.probability()).isCloseTo(expected, within(1e-6));
      }
      assertThat(predictions.stream().map(p -> -p.probability())).isSorted();
      assertThat(model.predict(tokens, 7, 3)).isEqualTo(predictions.subList(0, 3));
    }
  }

  @Test
  void aStepIsAdamWOnTheClippedMeanGradient() {
    double rate = 0.01;
    try (Roberta model = model(0, 2, 5)) {
      float[] before = model.parameters().toArray();
      long tokens = model.backpropagate(EXAMPLES, 1, () -> false).orElseThrow().tokens();
      double norm = Math.sqrt(model.reduce()) / tokens;
      float[] gradient = model.gradient().toArray();
      StepResult result = model.step(EXAMPLES, rate, 1);
      assertThat(result.gradientNorm()).isCloseTo(norm, within(1e-6 * norm));
      assertThat(norm).as("clipping is at work").isGreaterThan(1);
      assertThat(result.maskedTokens()).isEqualTo(tokens);
      for (Layout.Tensor tensor : model.layout().tensors()) {
        double decay = tensor.shape().size() > 1 ? 0.01 : 0; // matrices, not biases and gains
        for (int i = tensor.offset(); i < tensor.offset() + tensor.length(); i++) {
          double g = gradient[i] / (double) tokens / norm;
          double expected = before[i] - rate * (g / (Math.abs(g) + 1e-6) + decay * before[i]);
          assertThat((double) model.parameters().get(i)).isCloseTo(expected, within(2e-5));
        }
      }
    }
  }

  @Test
  void aSavedModelGoesOnWithTheSameBits(@TempDir Path folder) throws Exception {
    Path files = Files.createDirectory(folder.resolve("model"));
    Path state = Files.createDirectory(folder.resolve("state"));
    int[] tokens = EXAMPLES.get(0).masked().inputs();
    try (Roberta model = model(0.1, 2, 3);
        Roberta other = Roberta.create(Roberta.shape(save(model, files, state)), other())) {
      assertThat(other.parametersSha256()).isNotEqualTo(model.parametersSha256());
      other.load(files, state);
      assertThat(other.parametersSha256()).isEqualTo(model.parametersSha256());
      assertThat(other.predict(tokens, 3, 101)).isEqualTo(model.predict(tokens, 3, 101));
      assertThat(other.step(EXAMPLES, 1e-3, 4)).isEqualTo(model.step(EXAMPLES, 1e-3, 4));
      assertThat(other.parametersSha256()).isEqualTo(model.parametersSha256());
      other.load(files);
      assertThat(other.step(EXAMPLES, 1e-3, 4)).isNotNull();
      assertThat(other.parametersSha256())
          .as("without its moments")
          .isNotEqualTo(model.parametersSha256());
    }
  }

  /** Of the same kind, started elsewhere; dropout needs the same seed, so it is set off there. */
  private static Settings other() {
    return new Settings(Initialization.ROBERTA, AdamW.ROBERTA, 0.1, 11, 2, 3);
  }

  private static Path save(Roberta model, Path files, Path state) throws Exception {
    for (int step = 1; step <= 3; step++) {
      model.step(EXAMPLES, 1e-3, step);
    }
    model.save(files, state);
    return files;
  }

  @Test
  void refusesWhatItCannotTake() {
    try (Roberta model = model(0, 1, 2)) {
      refuses(model, new int[25], new int[0], new int[0], "25 tokens; allowed: 1 to 24");
      refuses(model, new int[0], new int[0], new int[0], "0 tokens");
      refuses(model, new int[] {101}, new int[0], new int[0], "token 101; allowed: 0 to 100");
      refuses(model, new int[3], new int[] {1}, new int[] {-1}, "label -1");
      refuses(model, new int[3], new int[] {1}, new int[] {101}, "label 101");
      refuses(model, new int[3], new int[] {3}, new int[1], "masked position 3");
      refuses(model, new int[3], new int[] {1, 1}, new int[2], "masked position 1");
      refuses(model, new int[3], new int[] {1}, new int[2], "1 positions, 2 labels");
      assertThatIllegalArgumentException().isThrownBy(() -> model.step(List.of(), 1, 1));
      assertThatIllegalArgumentException().isThrownBy(() -> model.step(EXAMPLES, Double.NaN, 1));
      assertThatIllegalArgumentException().isThrownBy(() -> model.step(EXAMPLES, 1, 0));
      assertThatIllegalArgumentException().isThrownBy(() -> model.predict(new int[3], 3, 1));
    }
  }

  private static void refuses(
      Roberta model, int[] inputs, int[] positions, int[] labels, String reason) {
    Example example = new Example(2, 1, 77, new Masked(inputs, positions, labels));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.step(List.of(EXAMPLES.get(0), example), 1e-3, 1))
        .withMessageContaining("epoch 2, partition 1, sequence 77")
        .withMessageContaining(reason);
  }

  @Test
  void aStepThatDivergesChangesNothing() {
    try (Roberta model = model(0, 2, 2)) {
      model.parameters().set(3, Float.NaN);
      String before = model.parametersSha256();
      List<Example> allTokens =
          List.of(new Example(0, 0, 0, new Masked(new int[] {0, 1}, new int[] {1}, new int[1])));
      StepResult result = model.step(allTokens, 1e-3, 1);
      assertThat(result.loss()).isNaN();
      assertThat(model.parametersSha256()).isEqualTo(before);
    }
  }

  /** Between two steps it changes no bit, and no step is faster than what it tells. */
  @Test
  void theCeilingIsMeasuredWithoutATrace() {
    try (Roberta unasked = model(0.1, 2, 3);
        Roberta model = model(0.1, 2, 3)) {
      for (int step = 1; step <= 3; step++) {
        long start = System.nanoTime();
        StepResult result = model.step(EXAMPLES, 1e-2, step);
        double seconds = (System.nanoTime() - start) / 1e9;
        assertThat(result).isEqualTo(unasked.step(EXAMPLES, 1e-2, step));
        double most = model.operationsPerSecondMax();
        assertThat(model.shape().operations(EXAMPLES) / seconds).isPositive().isLessThan(most);
        assertThat(model.operationsPerSecondMax()).isEqualTo(most);
      }
      assertThat(model.parametersSha256()).isEqualTo(unasked.parametersSha256());
    }
  }

  /** Wherever it is given up: the same step again gives the bits of one that never was. */
  @ParameterizedTest
  @CsvSource({"1, 16", "1, 3", "2, 3", "3, 2"})
  void anAbandonedStepLeavesNoTrace(int workers, int microBatch) {
    try (Roberta unbroken = model(0.1, workers, microBatch);
        Roberta model = model(0.1, workers, microBatch)) {
      for (int step = 1; step <= 3; step++) {
        StepResult expected = unbroken.step(EXAMPLES, 1e-2, step);
        String before = model.parametersSha256();
        int abandoned = 0;
        for (int asks = 0; abandoned == asks; asks++) {
          AtomicInteger left = new AtomicInteger(asks);
          Optional<StepResult> result =
              model.step(EXAMPLES, 1e-2, step, () -> left.getAndDecrement() <= 0);
          abandoned += result.isEmpty() ? 1 : 0;
          if (result.isEmpty()) {
            assertThat(model.parametersSha256()).isEqualTo(before);
          } else {
            assertThat(result).contains(expected);
          }
        }
        int microBatches = (16 + microBatch - 1) / microBatch;
        assertThat(abandoned).as("asked before each layer").isEqualTo(microBatches * 2 * 2);
        assertThat(model.parametersSha256()).isEqualTo(unbroken.parametersSha256());
      }
    }
  }

  @Test
  void theUpdateFollowsTheSum() {
    try (Roberta model = model(0, 2, 3)) {
      String before = model.parametersSha256();
      List<String> atSum = new ArrayList<>();
      StepWatch watch =
          new StepWatch() {
            @Override
            public boolean abandons() {
              return !atSum.isEmpty(); // nobody asks any more
            }

            @Override
            public void summed() {
              atSum.add(model.parametersSha256());
            }
          };
      assertThat(model.step(EXAMPLES, 1e-2, 1, watch)).isPresent();
      assertThat(atSum).containsExactly(before);
      assertThat(model.parametersSha256()).isNotEqualTo(before);
    }
  }

  @Test
  void aClosedModelSaysSo() {
    Roberta model = model(0, 2, 2);
    model.close();
    model.close();
    assertThatIllegalStateException().isThrownBy(() -> model.step(EXAMPLES, 1e-3, 1));
    assertThatIllegalStateException().isThrownBy(model::parametersSha256);
  }

  @Test
  void aModelTooLargeForTheMachineIsRefused() {
    ModelShape huge = new ModelShape(1000, 4096, 16, 16384, 50_000, 512);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Roberta.create(huge, settings(0, 2, 2)))
        .withMessageContaining("allowed: fewer");
    ModelShape large = new ModelShape(24, 1024, 16, 4096, 50_000, 512);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Roberta.requireMemory(large, settings(0, 64, 1024)))
        .withMessageContaining("MiB outside the heap; allowed: ");
    Roberta.requireMemory(SHAPE, settings(0, 2, 2));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Roberta.create(large, settings(0, 64, 1024)))
        .withMessageContaining("MiB outside the heap; allowed: ");
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 7", "3, 100"})
  void theMemoryItTakesIsKnownBeforehand(int workers, int microBatch) {
    try (Roberta model = model(0, workers, microBatch)) {
      assertThat(model.arena().used()).isEqualTo(model.floats());
    }
  }

  /** Loading takes memory beside the model's: it is asked for when the model is made. */
  @Test
  void theMemoryThatLoadingTakesIsKnownBeforehand(@TempDir Path folder) throws Exception {
    try (Roberta model = model(0, 2, 3);
        Arena aside = new Arena()) {
      model.save(folder, folder);
      model.load(folder, folder, aside);
      long tied = model.layout().tensor(Layout.WORDS).length();
      assertThat(model.floatsAside()).isEqualTo(aside.used() + tied);
      long enough = (model.floats() + model.floatsAside()) * Float.BYTES;
      model.requireMemory(enough);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> model.requireMemory(enough - 1))
          .withMessageContaining("MiB outside the heap; allowed: ");
    }
  }

  /** JavaCPP's own limits follow the heap, which has nothing to do with a model's size. */
  @Test
  void noHiddenLimitFollowsTheHeap() {
    try (Roberta model = model(0, 1, 1)) {
      assertThat(model.arena().used()).isPositive();
      assertThat(Pointer.maxBytes()).isZero();
      assertThat(Pointer.maxPhysicalBytes()).isZero();
    }
  }

  @Test
  void theFingerprintNamesWhatTheBitsDependOn() {
    try (Roberta model = model(0, 2, 3)) {
      assertThat(model.fingerprint())
          .contains("OpenBLAS", "workers=2", "micro-batch=3", "jdk=" + Runtime.version())
          .contains("kernels=" + Kernels.fastest().name() + ", revision " + Kernels.REVISION);
    }
  }

  @Test
  void scalarKernelsCanBeAskedFor() {
    try (Roberta scalar = Roberta.createScalar(SHAPE, settings(0, 2, 3))) {
      assertThat(scalar.fingerprint())
          .contains("kernels=" + new ScalarKernels().name() + ", revision ");
    }
  }
}
