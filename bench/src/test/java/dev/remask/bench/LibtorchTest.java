package dev.remask.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.model.AdamW;
import dev.remask.trainer.model.Initialization;
import dev.remask.trainer.model.Opened;
import dev.remask.trainer.model.Settings;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The whole model, its gradients and its optimizer against libtorch and its autograd. */
class LibtorchTest {
  private static final ModelShape SHAPE = new ModelShape(3, 48, 4, 112, 211, 40);
  private static final double TOLERANCE = 1e-5;
  private static final long STEP = 3;
  private static final ModelShape PAIRS = SHAPE.withPairs(true);

  @BeforeAll
  static void needsLibtorch() {
    assumeTrue(LibtorchPeer.isHere(), "no libtorch for this system");
  }

  private static Settings settings(double dropout, int workers, int microBatch) {
    return new Settings(
        new Initialization(0.2, 0.1, 0.1), AdamW.ROBERTA, dropout, 11, workers, microBatch);
  }

  private interface Maker extends BiFunction<ModelShape, Settings, Opened> {}

  static Stream<Arguments> models() {
    return Stream.of(0.0, 0.1, 0.4)
        .flatMap(
            dropout ->
                Stream.of(SHAPE, PAIRS)
                    .flatMap(
                        shape ->
                            Stream.of(
                                Arguments.of(
                                    Named.of("fastest", (Maker) Opened::fastest), shape, dropout),
                                Arguments.of(
                                    Named.of("scalar", (Maker) Opened::scalar), shape, dropout))));
  }

  @ParameterizedTest
  @MethodSource("models")
  void lossAndEveryGradientAreLibtorchs(Maker maker, ModelShape shape, double dropout) {
    assertThat(worstError(maker, shape, dropout)).isLessThan(TOLERANCE);
  }

  @Test
  void aWrongNextSentenceGradientIsSeen() {
    assertThat(worstError(Opened::withWrongPooler, SHAPE, 0)).isLessThan(TOLERANCE);
    assertThat(worstError(Opened::withWrongPooler, PAIRS, 0)).isGreaterThan(10 * TOLERANCE);
  }

  @Test
  void aWrongKernelIsSeen() {
    assertThat(worstError(Opened::withWrongGelu, SHAPE, 0)).isGreaterThan(10 * TOLERANCE);
  }

  @Test
  void aWrongMaskIsSeen() {
    assertThat(worstError(Opened::withWrongDropout, SHAPE, 0)).isLessThan(TOLERANCE);
    assertThat(worstError(Opened::withWrongDropout, SHAPE, 0.1)).isGreaterThan(10 * TOLERANCE);
  }

  /** The largest relative error of a tensor's gradient, or of the loss. */
  private static double worstError(Maker maker, ModelShape shape, double dropout) {
    List<Example> batch = batch(shape, 9, 1);
    try (Opened ours = maker.apply(shape, settings(dropout, 2, 4))) {
      double loss = ours.backpropagate(batch, STEP);
      LibtorchRoberta libtorch = libtorch(ours, shape);
      double expected = libtorch.backpropagate(LibtorchBatch.of(batch), masks(ours, batch));
      double worst = Math.abs(loss - expected) / expected;
      Map<String, float[]> gradients = ours.gradients();
      assertThat(gradients.keySet()).isEqualTo(libtorch.parameters().keySet());
      for (Map.Entry<String, Tensor> parameter : libtorch.parameters().entrySet()) {
        float[] gradient = values(parameter.getValue().grad());
        worst = Math.max(worst, distance(gradients.get(parameter.getKey()), gradient));
      }
      return worst;
    }
  }

  private static LibtorchRoberta libtorch(Opened ours, ModelShape shape) {
    Map<String, long[]> shapes = LibtorchRoberta.shapes(shape);
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    ours.weights()
        .forEach(
            (name, values) ->
                parameters.put(
                    name, AbstractTensor.create(values, shapes.get(name)).set_requires_grad(true)));
    return new LibtorchRoberta(shape, parameters);
  }

  /** Our masks, padded: an element that libtorch computes for padding is kept and never counts. */
  private static LibtorchRoberta.Dropout masks(Opened ours, List<Example> batch) {
    int longest = batch.stream().mapToInt(LibtorchTest::length).max().orElseThrow();
    return (x, site) -> {
      boolean attention = x.dim() == 4;
      int heads = attention ? SHAPE.heads() : 1;
      int width = attention ? longest : SHAPE.hidden();
      float[] factors = new float[batch.size() * heads * longest * width];
      int at = 0;
      for (Example example : batch) {
        for (int h = 0; h < heads; h++) {
          int used = attention ? length(example) : width;
          float[] own = ours.factors(example, STEP, site + h, length(example) * used);
          for (int r = 0; r < length(example); r++) {
            System.arraycopy(own, r * used, factors, at + r * width, used);
          }
          at += longest * width;
        }
      }
      return x.mul(
          attention
              ? AbstractTensor.create(factors, batch.size(), heads, longest, width)
              : AbstractTensor.create(factors, batch.size(), longest, width));
    };
  }

  private static int length(Example example) {
    return example.masked().inputs().length;
  }

  @Test
  void manyStepsAreLibtorchsAdamW() {
    assertThat(worstWeight(Opened::fastest)).isLessThan(TOLERANCE);
    assertThat(worstWeight(Opened::scalar)).isLessThan(TOLERANCE);
  }

  @Test
  void aWrongOptimizerIsSeen() {
    assertThat(worstWeight(Opened::withWrongAdamW)).isGreaterThan(10 * TOLERANCE);
  }

  /**
   * The largest relative error of a tensor after steps with warm-up, decay of the rate and
   * clipping: by our step on the one side, by libtorch's clip_grad_norm_ and AdamW on the other,
   * both on the gradients that ours found, as rounding would send two trainings apart.
   */
  private static double worstWeight(Maker maker) {
    try (Opened ours = maker.apply(SHAPE, settings(0.1, 2, 4))) {
      LibtorchRoberta libtorch = libtorch(ours, SHAPE);
      Map<String, long[]> shapes = LibtorchRoberta.shapes(SHAPE);
      LibtorchAdamW optimizer = new LibtorchAdamW(libtorch.parameters(), AdamW.ROBERTA);
      int clipped = 0;
      for (int step = 1; step <= 10; step++) {
        List<Example> batch = batch(SHAPE, 9, step);
        ours.backpropagate(batch, step);
        ours.gradients()
            .forEach(
                (name, values) -> {
                  Tensor parameter = libtorch.parameters().get(name);
                  parameter.mutable_grad().put(AbstractTensor.create(values, shapes.get(name)));
                });
        int tokens = batch.stream().mapToInt(e -> e.masked().labels().length).sum();
        double rate = 2e-2 * Math.min(step / 3.0, (12 - step) / 9.0);
        double norm = optimizer.step(tokens, rate);
        assertThat(ours.step(batch, rate, step).gradientNorm())
            .isCloseTo(norm, within(TOLERANCE * norm));
        clipped += norm > AdamW.ROBERTA.clip() ? 1 : 0;
      }
      assertThat(clipped).as("clipping is at work").isPositive();
      Map<String, float[]> weights = ours.weights();
      return libtorch.parameters().entrySet().stream()
          .mapToDouble(one -> distance(weights.get(one.getKey()), values(one.getValue())))
          .max()
          .orElseThrow();
    }
  }

  /** The faster dropout of the peer is one: its rate and scale, fresh each time, odd sizes too. */
  @Test
  void drawnByFoursIsADropout() {
    LibtorchRoberta.Dropout dropout = LibtorchRoberta.Dropout.drawnByFours(0.1);
    float[] ones = new float[100_003];
    Arrays.fill(ones, 1);
    float[] first = values(dropout.apply(AbstractTensor.create(ones), 0));
    float[] second = values(dropout.apply(AbstractTensor.create(ones), 0));
    assertThat(first).isNotEqualTo(second);
    int dropped = 0;
    for (float value : first) {
      assertThat(value).isIn(0f, (float) (1 / 0.9));
      dropped += value == 0 ? 1 : 0;
    }
    assertThat(dropped).isBetween(9_500, 10_500);
  }

  private static double distance(float[] actual, float[] expected) {
    double squares = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      squares += Math.pow((double) actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(squares / norm);
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.numel()];
    tensor.contiguous().data_ptr_float().get(values);
    return values;
  }

  /**
   * Lengths from 1 to the most, of pairs from 2, so most rows have padding; a fifth of the tokens
   * to predict.
   */
  private static List<Example> batch(ModelShape shape, int count, long seed) {
    Random random = new Random(seed);
    return IntStream.range(0, count)
        .mapToObj(
            s -> {
              int least = shape.tokenTypes();
              int length =
                  s == 0
                      ? shape.positions()
                      : least + random.nextInt(shape.positions() + 1 - least);
              int[] positions =
                  IntStream.range(0, length).filter(i -> random.nextInt(5) == 0).toArray();
              Masked masked =
                  new Masked(
                      random.ints(length, 0, SHAPE.vocabulary()).toArray(),
                      positions,
                      random.ints(positions.length, 0, SHAPE.vocabulary()).toArray());
              return shape.pairs()
                  ? new Example(
                      1, s % 3, s, masked, 1 + random.nextInt(length - 1), random.nextBoolean())
                  : new Example(1, s % 3, s, masked);
            })
        .toList();
  }
}
