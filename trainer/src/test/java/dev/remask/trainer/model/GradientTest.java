package dev.remask.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Example;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.ModelShape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The whole model's gradient against finite differences of the reference in double precision. */
class GradientTest {
  private static final ModelShape SHAPE = new ModelShape(2, 12, 3, 20, 23, 9);
  private static final Initialization START = new Initialization(0.5, 0.3, 0.1);
  private static final double TOLERANCE = 1e-5;
  private static final double DIFFERENCE = 1e-4;
  private static final long SEED = 5;
  private static final long OPTIMIZER_STEP = 3;
  private static final Map<Task, Reference> REFERENCES = new ConcurrentHashMap<>();

  /** What is learned. */
  private record Task(boolean pairs, double dropout) {
    ModelShape shape() {
      return SHAPE.withPairs(pairs);
    }

    List<Example> examples() {
      return pairs
          ? Examples.randomPairs(6, SHAPE.positions(), SHAPE.vocabulary(), 2)
          : Examples.random(5, SHAPE.positions(), SHAPE.vocabulary(), 1);
    }
  }

  static Stream<Arguments> kernels() {
    return Stream.of(new ScalarKernels(), Kernels.fastest())
        .flatMap(kernels -> Stream.of(false, true).map(pairs -> Arguments.of(kernels, pairs)));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void everyTensorsGradientIsThatOfTheReference(Kernels kernels, boolean pairs) {
    assertThat(worstError(kernels, new Task(pairs, 0))).isLessThan(TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void alsoWithDropout(Kernels kernels, boolean pairs) {
    assertThat(worstError(kernels, new Task(pairs, 0.2))).isLessThan(TOLERANCE);
  }

  /** What only pairs go through: the slope of tanh, and the sum of a bias of two. */
  static Stream<Kernels> wrongForPairs() {
    return Stream.of(
        new ScalarKernels() {
          @Override
          public void tanhBackward(Floats d, Floats y, int count) {}
        },
        new ScalarKernels() {
          @Override
          public void tanhBackward(Floats d, Floats y, int count) {
            super.tanhBackward(d, y, count);
            scale(d, 0, count, 1.001f);
          }
        },
        new ScalarKernels() {
          @Override
          public void sumColumns(Floats x, Floats sums, int first, int rows, int width) {
            super.sumColumns(x, sums, first, width == 2 ? rows - 1 : rows, width);
          }
        },
        new ScalarKernels() {
          @Override
          public void sumColumns(Floats x, Floats sums, int first, int rows, int width) {
            super.sumColumns(x, sums, 0, rows, width); // types by the wrong rows
          }
        });
  }

  @ParameterizedTest
  @MethodSource("wrongForPairs")
  void aWrongGradientOfPairsIsCaught(Kernels wrong) {
    assertThat(worstError(wrong, new Task(true, 0))).isGreaterThan(10 * TOLERANCE);
    assertThat(worstError(wrong, new Task(false, 0))).isLessThan(TOLERANCE);
  }

  @Test
  void aSlopeOfGeluThatIsSlightlyOffIsCaught() {
    Kernels wrong =
        new ScalarKernels() {
          @Override
          public void gelu(Floats x, Floats bias, Floats slope, int rows, int width) {
            super.gelu(x, bias, slope, rows, width);
            scale(slope, 0, rows * width, 1.0005f);
          }
        };
    assertThat(worstError(wrong, new Task(false, 0))).isGreaterThan(10 * TOLERANCE);
  }

  @Test
  void aLayerNormGradientWithoutTheMeanIsCaught() {
    Kernels wrong =
        new ScalarKernels() {
          @Override
          public void layerNormBackward(
              Floats d,
              Floats normalized,
              Floats scale,
              Floats gain,
              Floats gainGradient,
              Floats shiftGradient,
              int rows,
              int width) {
            float[] before = d.toArray();
            super.layerNormBackward(
                d, normalized, scale, gain, gainGradient, shiftGradient, rows, width);
            for (int r = 0; r < rows; r++) {
              float mean = 0;
              for (int i = 0; i < width; i++) {
                mean += before[r * width + i] * gain.get(i) / width;
              }
              for (int i = 0; i < width; i++) {
                d.increase(r * width + i, mean * scale.get(r));
              }
            }
          }
        };
    assertThat(worstError(wrong, new Task(false, 0))).isGreaterThan(10 * TOLERANCE);
  }

  @Test
  void anAttentionGradientWithoutItsRowSumIsCaught() {
    Kernels wrong =
        new ScalarKernels() {
          @Override
          public void softmaxBackward(
              Floats p,
              int at,
              Floats used,
              int usedAt,
              Floats d,
              int rows,
              int width,
              int stride) {
            for (int i = 0; i < rows * stride; i++) {
              d.set(i, d.get(i) * p.get(at + i));
            }
          }
        };
    assertThat(worstError(wrong, new Task(false, 0))).isGreaterThan(10 * TOLERANCE);
  }

  /** The largest relative error of a tensor's gradient, or of the loss. */
  private static double worstError(Kernels kernels, Task task) {
    Reference reference = REFERENCES.computeIfAbsent(task, GradientTest::reference);
    try (Roberta model = model(kernels, task)) {
      Evaluation sums =
          model.backpropagate(task.examples(), OPTIMIZER_STEP, () -> false).orElseThrow();
      double pairs = task.pairs() ? sums.tokens() * sums.nextSentence().loss() : 0;
      model.reduce();
      double worst = Math.abs(sums.lossSum() + pairs - reference.loss()) / reference.loss();
      for (List<String> group : groups(task)) {
        worst = Math.max(worst, error(model, reference, group));
      }
      return worst;
    }
  }

  /** With gains, shifts and the type embedding away from their special first values. */
  private static Roberta model(Kernels kernels, Task task) {
    Settings settings = new Settings(START, AdamW.ROBERTA, task.dropout(), SEED, 2, 3);
    Roberta model = new Roberta(task.shape(), settings, kernels);
    SplitMix64 random = new SplitMix64(9, 9);
    for (Layout.Tensor tensor : model.layout().tensors()) {
      for (int i = 0; i < tensor.length(); i++) {
        model.parameters().increase(tensor.offset() + i, (float) (0.2 * random.gaussian()));
      }
    }
    return model;
  }

  /** The loss and, by central differences, its gradient: both in double precision. */
  private record Reference(double loss, Map<String, double[]> gradient) {
    double norm(List<String> names) {
      return Math.sqrt(
          names.stream()
              .flatMapToDouble(name -> DoubleStream.of(gradient.get(name)))
              .map(value -> value * value)
              .sum());
    }
  }

  private static Reference reference(Task task) {
    ReferenceRoberta reference =
        new ReferenceRoberta(task.shape(), new Dropout(task.dropout(), SEED), OPTIMIZER_STEP);
    List<Example> examples = task.examples();
    try (Roberta model = model(new ScalarKernels(), task)) {
      reference.takeParameters(model);
    }
    Map<String, double[]> gradient = new HashMap<>();
    reference.tensors.forEach(
        (name, values) ->
            gradient.put(
                name,
                IntStream.range(0, values.length)
                    .mapToDouble(i -> derivative(reference, examples, values, i))
                    .toArray()));
    return new Reference(reference.loss(examples), gradient);
  }

  private static double derivative(
      ReferenceRoberta reference, List<Example> examples, double[] values, int index) {
    double value = values[index];
    values[index] = value + DIFFERENCE;
    double after = reference.loss(examples);
    values[index] = value - DIFFERENCE;
    double before = reference.loss(examples);
    values[index] = value;
    return (after - before) / (2 * DIFFERENCE);
  }

  /** Query, key and value count as one: a key's bias has no gradient at all. */
  private static List<List<String>> groups(Task task) {
    List<List<String>> groups = new ArrayList<>();
    for (Layout.Tensor tensor : new Layout(task.shape()).tensors()) {
      if (tensor.name().contains(".key.") || tensor.name().contains(".value.")) {
        List<String> last = new ArrayList<>(groups.remove(groups.size() - 1));
        last.add(tensor.name());
        groups.add(last);
      } else {
        groups.add(List.of(tensor.name()));
      }
    }
    return groups;
  }

  private static double error(Roberta model, Reference reference, List<String> group) {
    double squares = 0;
    for (String name : group) {
      Layout.Tensor tensor = model.layout().tensor(name);
      for (int i = 0; i < tensor.length(); i++) {
        double actual = model.gradient().get(tensor.offset() + i);
        double difference = actual - reference.gradient().get(name)[i];
        squares += difference * difference;
      }
    }
    return Math.sqrt(squares) / reference.norm(group);
  }
}
