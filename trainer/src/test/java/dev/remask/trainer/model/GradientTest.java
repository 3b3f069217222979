package dev.remask.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Example;
import dev.remask.trainer.ModelShape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The whole model's gradient against finite differences of the reference in double precision. */
class GradientTest {
  private static final ModelShape SHAPE = new ModelShape(2, 12, 3, 20, 23, 9);
  private static final Initialization START = new Initialization(0.5, 0.3, 0.1);
  private static final double TOLERANCE = 1e-5;
  private static final double STEP = 1e-4;

  static Stream<Kernels> kernels() {
    return Stream.of(new ScalarKernels(), Kernels.fastest());
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void everyTensorsGradientIsThatOfTheReference(Kernels kernels) {
    assertThat(worstError(kernels, 0)).isLessThan(TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void alsoWithDropout(Kernels kernels) {
    assertThat(worstError(kernels, 0.2)).isLessThan(TOLERANCE);
  }

  @Test
  void aSlopeOfGeluThatIsSlightlyOffIsCaught() {
    Kernels wrong =
        new ScalarKernels() {
          @Override
          public void gelu(Floats x, Floats slope, int count) {
            super.gelu(x, slope, count);
            scale(slope, 0, count, 1.0005f);
          }
        };
    assertThat(worstError(wrong, 0)).isGreaterThan(10 * TOLERANCE);
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
    assertThat(worstError(wrong, 0)).isGreaterThan(10 * TOLERANCE);
  }

  @Test
  void anAttentionGradientWithoutItsRowSumIsCaught() {
    Kernels wrong =
        new ScalarKernels() {
          @Override
          public void softmaxBackward(Floats p, int at, Floats d, int rows, int width, int stride) {
            for (int i = 0; i < rows * stride; i++) {
              d.set(i, d.get(i) * p.get(at + i));
            }
          }
        };
    assertThat(worstError(wrong, 0)).isGreaterThan(10 * TOLERANCE);
  }

  /** The largest relative error of a tensor's gradient. */
  private static double worstError(Kernels kernels, double rate) {
    Settings settings = new Settings(START, AdamW.ROBERTA, rate, 5, 2, 3);
    List<Example> examples = Examples.random(7, SHAPE.positions(), SHAPE.vocabulary(), 1);
    try (Roberta model = new Roberta(SHAPE, settings, kernels)) {
      jitter(model);
      ReferenceRoberta reference = reference(model, settings);
      double loss = model.backpropagate(examples, 3).lossSum();
      model.reduce();
      double expected = reference.loss(examples);
      double worst = Math.abs(loss - expected) / expected;
      double total = norm(model.gradient().toArray());
      for (List<String> group : groups()) {
        worst = Math.max(worst, error(model, reference, examples, group, total));
      }
      return worst;
    }
  }

  /** So that gains, shifts and the type embedding are not at their special first values. */
  private static void jitter(Roberta model) {
    SplitMix64 random = new SplitMix64(9, 9);
    for (Layout.Tensor tensor : model.layout().tensors()) {
      for (int i = 0; i < tensor.length(); i++) {
        model.parameters().increase(tensor.offset() + i, (float) (0.2 * random.gaussian()));
      }
    }
  }

  static ReferenceRoberta reference(Roberta model, Settings settings) {
    ReferenceRoberta reference =
        new ReferenceRoberta(SHAPE, new Dropout(settings.dropout(), settings.seed()), 3);
    for (Layout.Tensor tensor : model.layout().tensors()) {
      double[] values = new double[tensor.length()];
      for (int i = 0; i < values.length; i++) {
        values[i] = model.parameters().get(tensor.offset() + i);
      }
      reference.tensors.put(tensor.name(), values);
    }
    return reference;
  }

  /** Query, key and value count as one: a key's bias has no gradient at all. */
  private static List<List<String>> groups() {
    List<List<String>> groups = new ArrayList<>();
    for (Layout.Tensor tensor : new Layout(SHAPE).tensors()) {
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

  private static double error(
      Roberta model,
      ReferenceRoberta reference,
      List<Example> examples,
      List<String> group,
      double total) {
    double squaredError = 0;
    double squares = 0;
    for (String name : group) {
      Layout.Tensor tensor = model.layout().tensor(name);
      for (int i = 0; i < tensor.length(); i++) {
        double expected = derivative(reference, examples, name, i);
        double difference = model.gradient().get(tensor.offset() + i) - expected;
        squaredError += difference * difference;
        squares += expected * expected;
      }
    }
    return Math.sqrt(squaredError) / Math.max(Math.sqrt(squares), 1e-3 * total);
  }

  private static double derivative(
      ReferenceRoberta reference, List<Example> examples, String name, int index) {
    double[] values = reference.tensors.get(name);
    double value = values[index];
    values[index] = value + STEP;
    double after = reference.loss(examples);
    values[index] = value - STEP;
    double before = reference.loss(examples);
    values[index] = value;
    return (after - before) / (2 * STEP);
  }

  private static double norm(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }
}
