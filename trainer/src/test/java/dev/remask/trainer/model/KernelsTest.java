package dev.remask.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Every kernel of every implementation against the formula in double precision, at sizes around the
 * lanes of a vector; backward kernels against differences of the forward formula.
 */
class KernelsTest {
  private static final double DIFFERENCE = 1e-5;
  private static Arena arena;

  @BeforeContainer
  static void open() {
    arena = new Arena();
  }

  @AfterContainer
  static void close() {
    arena.close();
  }

  @Provide
  Arbitrary<Kernels> kernels() {
    return Arbitraries.of(Stream.of(new ScalarKernels(), Kernels.fastest()).toList());
  }

  @Property(tries = 100)
  void geluIsExactOverItsRange(
      @ForAll("kernels") Kernels kernels,
      @ForAll @IntRange(min = 1, max = 40) int rows,
      @ForAll @IntRange(min = 1, max = 40) int width) {
    int count = rows * width;
    float[] values = normal(count, count, 4);
    float[] special = {0, 20, -20, -1e-8f, 1e6f};
    System.arraycopy(special, 0, values, 0, Math.min(count, special.length));
    float[] bias = normal(width, width, 0.1);
    Floats x = floats(values);
    Floats slope = floats(new float[count]);
    kernels.gelu(x, floats(bias), slope, rows, width);
    for (int i = 0; i < count; i++) {
      double value = values[i] + bias[i % width];
      double density = Math.exp(-value * value / 2) / Math.sqrt(2 * Math.PI);
      close(x.get(i), ReferenceRoberta.gelu(value), 1e-6);
      close(slope.get(i), ReferenceRoberta.normalCdf(value) + value * density, 1e-6);
    }
  }

  @Property(tries = 60)
  void geluBackwardIsTheProductAndItsColumnSums(
      @ForAll("kernels") Kernels kernels,
      @ForAll @IntRange(min = 1, max = 40) int rows,
      @ForAll @IntRange(min = 1, max = 40) int width) {
    float[] a = normal(rows * width, width, 1);
    float[] b = normal(rows * width, width + 1, 1);
    Floats d = floats(a);
    float[] before = normal(width, 3, 1);
    Floats sums = floats(before);
    kernels.geluBackward(d, floats(b), sums, rows, width);
    each(d, i -> (double) a[i] * b[i], 1e-6);
    each(
        sums,
        i ->
            before[i]
                + IntStream.range(0, rows)
                    .mapToDouble(r -> (double) a[r * width + i] * b[r * width + i])
                    .sum(),
        1e-5);
  }

  /** Element for element that of {@link Dropout.Mask}, whatever the rows are padded to. */
  @Property(tries = 100)
  void dropsWhatTheMaskSays(
      @ForAll("kernels") Kernels kernels,
      @ForAll long key,
      @ForAll @IntRange(min = 1, max = 6) int rows,
      @ForAll @IntRange(min = 1, max = 50) int width,
      @ForAll boolean padded) {
    Dropout.Mask mask = new Dropout(0.3, 0).mask(key, 4);
    int stride = padded ? (width + 15) / 16 * 16 : width;
    float[] values = normal(16 + rows * stride, 5, 1);
    Floats y = floats(new float[rows * stride]);
    kernels.drop(mask, floats(values), 16, y, 0, rows, width, stride);
    for (int i = 0; i < rows * width; i++) {
      int at = i / width * stride + i % width;
      assertThat(y.get(at)).isEqualTo(values[16 + at] * mask.factor(i));
    }
    Floats x = floats(values);
    kernels.drop(mask, x, 16, x, 16, rows, width, stride);
    assertThat(x.get(16 + (rows - 1) * stride)).isEqualTo(y.get((rows - 1) * stride));
  }

  @Property(tries = 100)
  void addsBiasAndResidual(
      @ForAll("kernels") Kernels kernels,
      @ForAll long key,
      @ForAll @IntRange(min = 1, max = 6) int rows,
      @ForAll @IntRange(min = 1, max = 50) int width,
      @ForAll boolean drops) {
    Dropout.Mask mask = (drops ? new Dropout(0.3, 0) : Dropout.NONE).mask(key, 4);
    int at = width;
    float[] values = normal(at + rows * width, 1, 1);
    float[] residual = normal(at + rows * width, 2, 1);
    float[] bias = normal(width, 3, 1);
    Floats x = floats(values);
    kernels.addResidual(mask, floats(bias), floats(residual), x, at, rows, width);
    each(
        x,
        i ->
            i < at
                ? values[i]
                : ((double) values[i] + bias[i % width]) * mask.factor(i - at) + residual[i],
        1e-6);
  }

  @Property(tries = 100)
  void layerNormIsThatOfEachRow(
      @ForAll("kernels") Kernels kernels,
      @ForAll @IntRange(min = 1, max = 20) int rows,
      @ForAll @IntRange(min = 2, max = 70) int width) {
    Norm norm = new Norm(rows, width);
    norm.forward(kernels);
    for (int r = 0; r < rows; r++) {
      double[] expected = norm.reference(r);
      for (int i = 0; i < width; i++) {
        close(norm.y.get(r * width + i), expected[i], 3e-6);
      }
    }
  }

  @Property(tries = 60)
  void layerNormBackwardIsItsDerivative(
      @ForAll("kernels") Kernels kernels,
      @ForAll @IntRange(min = 1, max = 4) int rows,
      @ForAll @IntRange(min = 2, max = 40) int width) {
    Norm norm = new Norm(rows, width);
    norm.forward(kernels);
    float[] weights = normal(rows * width, 77, 1); // the loss is Σ weights · y
    Floats d = floats(weights);
    Floats gainGradient = floats(new float[width]);
    Floats shiftGradient = floats(new float[width]);
    kernels.layerNormBackward(
        d, norm.x, norm.scale, floats(norm.gain), gainGradient, shiftGradient, rows, width);
    for (int i = 0; i < rows * width; i++) {
      int row = i / width;
      double expected = norm.derivative(norm.values, i, row, row + 1, weights);
      close(d.get(i), expected, 1e-5 * norm.largestScale());
    }
    for (int i = 0; i < width; i++) {
      close(gainGradient.get(i), norm.derivative(norm.gain, i, 0, rows, weights), 1e-5);
      close(shiftGradient.get(i), norm.derivative(norm.shift, i, 0, rows, weights), 1e-5);
    }
  }

  /** A layer normalization of random rows. */
  private static final class Norm {
    final int rows;
    final int width;
    final float[] values;
    final float[] gain;
    final float[] shift;
    final Floats x;
    final Floats scale;
    final Floats y;

    Norm(int rows, int width) {
      this.rows = rows;
      this.width = width;
      this.values = normal(rows * width, width, 2);
      this.gain = normal(width, 1000 + width, 1);
      this.shift = normal(width, 2000 + width, 1);
      this.x = floats(values);
      this.scale = floats(new float[rows]);
      this.y = floats(new float[rows * width]);
    }

    void forward(Kernels kernels) {
      kernels.layerNorm(x, scale, floats(gain), floats(shift), y, 0, 1, width);
      kernels.layerNorm(x, scale, floats(gain), floats(shift), y, 1, rows - 1, width);
    }

    double largestScale() {
      return IntStream.range(0, rows).mapToDouble(r -> 1 + scale.get(r)).max().orElseThrow();
    }

    double[] reference(int row) {
      return reference(row, new double[0], 0, 0);
    }

    /** With {@code by} added to one element of one of the three inputs. */
    private double[] reference(int row, Object changed, int index, double by) {
      double[] in = doubles(values, row * width, width);
      double[] gains = doubles(gain, 0, width);
      double[] shifts = doubles(shift, 0, width);
      if (changed == values) {
        in[index - row * width] += by;
      } else if (changed == gain) {
        gains[index] += by;
      } else if (changed == shift) {
        shifts[index] += by;
      }
      return ReferenceRoberta.layerNorm(in, gains, shifts);
    }

    double derivative(float[] changed, int index, int from, int to, float[] weights) {
      double sum = 0;
      for (int r = from; r < to; r++) {
        double[] after = reference(r, changed, index, DIFFERENCE);
        double[] before = reference(r, changed, index, -DIFFERENCE);
        for (int i = 0; i < width; i++) {
          sum += weights[r * width + i] * (after[i] - before[i]) / (2 * DIFFERENCE);
        }
      }
      return sum;
    }
  }

  /** Through dropout, too: the loss is Σ weights · (softmax ∘ mask). */
  @Property(tries = 100)
  void softmaxAndItsDerivative(
      @ForAll("kernels") Kernels kernels,
      @ForAll @IntRange(min = 1, max = 5) int rows,
      @ForAll @IntRange(min = 1, max = 70) int width,
      @ForAll boolean drops) {
    int stride = (width + 15) / 16 * 16;
    int at = 32;
    Dropout.Mask mask = (drops ? new Dropout(0.3, 0) : Dropout.NONE).mask(width, 0);
    float[] scores = normal(at + rows * stride, width, 5);
    float[] weights = normal(rows * stride, width + 1, 1);
    Floats x = floats(scores);
    Floats used = floats(new float[rows * stride]);
    Floats d = floats(weights);
    kernels.softmax(x, at, rows, width, stride);
    kernels.drop(mask, x, at, used, 0, rows, width, stride);
    kernels.softmaxBackward(x, at, used, 0, d, rows, width, stride);
    for (int r = 0; r < rows; r++) {
      double[] row = doubles(scores, at + r * stride, width);
      double total = ReferenceRoberta.logSumExp(row);
      double mean = 0;
      for (int i = 0; i < width; i++) {
        mean += Math.exp(row[i] - total) * weights[r * stride + i] * mask.factor(r * width + i);
      }
      for (int i = 0; i < width; i++) {
        double p = Math.exp(row[i] - total);
        double masked = (double) weights[r * stride + i] * mask.factor(r * width + i);
        close(x.get(at + r * stride + i), p, 1e-6);
        close(d.get(r * stride + i), p * (masked - mean), 2e-6);
      }
    }
  }

  @Property(tries = 60)
  void exponentialsOfAnyWidth(
      @ForAll("kernels") Kernels kernels, @ForAll @IntRange(min = 1, max = 100) int width) {
    float[] values = normal(width + 3, width, 30);
    Floats x = floats(values);
    float max = kernels.max(x, 3, width);
    float sum = kernels.exponentials(x, 3, width, max);
    double[] row = doubles(values, 3, width);
    assertThat((double) max).isEqualTo(DoubleStream.of(row).max().orElseThrow());
    double expected = 0;
    for (int i = 0; i < width; i++) {
      double e = Math.exp(row[i] - max);
      expected += e;
      double rounding = 1e-7 * (2 + Math.abs(row[i] - max)); // that of the difference, too
      assertThat((double) x.get(3 + i)).isCloseTo(e, within(1e-30 + rounding * e));
    }
    close(sum, expected, 1e-6);
    assertThat(x.get(2)).isEqualTo(values[2]);
  }

  @Property(tries = 60)
  void sumsAndProducts(
      @ForAll("kernels") Kernels kernels,
      @ForAll @IntRange(min = 1, max = 5) int rows,
      @ForAll @IntRange(min = 1, max = 70) int width) {
    int count = rows * width;
    float[] a = normal(count, width, 1);
    float[] b = normal(count, width + 1, 1);
    Floats sum = floats(a);
    kernels.add(floats(b), 0, sum, 0, count);
    each(sum, i -> a[i] + b[i], 1e-6);
    Floats scaled = floats(a);
    kernels.scale(scaled, 0, count, 3);
    each(scaled, i -> 3 * a[i], 1e-6);
    Floats columns = floats(new float[width]);
    kernels.sumColumns(floats(a), columns, 0, rows, width);
    each(columns, i -> IntStream.range(0, rows).mapToDouble(r -> a[r * width + i]).sum(), 1e-6);
    kernels.sumColumns(floats(a), columns, 1, rows - 1, width);
    each(
        columns,
        i -> IntStream.range(0, rows).mapToDouble(r -> (r == 0 ? 1 : 2) * a[r * width + i]).sum(),
        1e-6);
    close(
        kernels.sumOfSquares(floats(a), 1, count),
        IntStream.range(1, count).mapToDouble(i -> (double) a[i] * a[i]).sum(),
        1e-12);
  }

  @Property(tries = 60)
  void tanh(@ForAll("kernels") Kernels kernels, @ForAll @IntRange(min = 1, max = 70) int count) {
    float[] values = normal(count + 1, count, 3);
    float[] gradient = normal(count + 1, count + 1, 1);
    Floats y = floats(values);
    kernels.tanh(y, count);
    close(y.get(count), values[count], 0);
    Floats d = floats(gradient);
    kernels.tanhBackward(d, y, count);
    close(d.get(count), gradient[count], 0);
    for (int i = 0; i < count; i++) {
      double expected = Math.tanh(values[i]);
      close(y.get(i), expected, 1e-7);
      close(d.get(i), gradient[i] * (1 - (double) y.get(i) * y.get(i)), 1e-6);
    }
  }

  @Property(tries = 40)
  void adamWOverManySteps(
      @ForAll("kernels") Kernels kernels, @ForAll @IntRange(min = 1, max = 70) int count) {
    AdamW adamW = new AdamW(0.9, 0.98, 1e-6, 0.1, 0.5);
    Floats p = floats(normal(count, 1, 1));
    Floats m = floats(new float[count]);
    Floats v = floats(new float[count]);
    double[] expected = doubles(p.toArray(), 0, count);
    double[] mean = new double[count];
    double[] square = new double[count];
    for (int step = 1; step <= 10; step++) {
      float[] gradient = normal(count, step, 3);
      double norm = step; // with the divisor of 4 any norm will do
      double clipped = Math.min(1, 0.5 / norm) / 4;
      kernels.adamW(p, m, v, floats(gradient), 0, count, adamW.update(0.01, step, norm, 4, true));
      for (int i = 0; i < count; i++) {
        double g = gradient[i] * clipped;
        mean[i] = 0.9 * mean[i] + 0.1 * g;
        square[i] = 0.98 * square[i] + 0.02 * g * g;
        double unbiasedMean = mean[i] / (1 - Math.pow(0.9, step));
        double unbiasedSquare = square[i] / (1 - Math.pow(0.98, step));
        expected[i] -=
            0.01 * (unbiasedMean / (Math.sqrt(unbiasedSquare) + 1e-6) + 0.1 * expected[i]);
      }
    }
    each(p, i -> expected[i], 1e-5);
  }

  /** Each fault is small, and each is seen by the property of its kernel. */
  @Example
  void wrongKernelsAreSeen() {
    Kernels wrong = new SlightlyWrongKernels();
    List<Consumer<Kernels>> properties =
        List.of(
            kernels -> geluIsExactOverItsRange(kernels, 3, 20),
            kernels -> geluBackwardIsTheProductAndItsColumnSums(kernels, 20, 20),
            kernels -> dropsWhatTheMaskSays(kernels, 5, 3, 20, true),
            kernels -> addsBiasAndResidual(kernels, 5, 3, 20, true),
            kernels -> layerNormIsThatOfEachRow(kernels, 3, 20),
            kernels -> layerNormBackwardIsItsDerivative(kernels, 3, 20),
            kernels -> softmaxAndItsDerivative(kernels, 3, 20, false),
            kernels -> exponentialsOfAnyWidth(kernels, 20),
            kernels -> sumsAndProducts(kernels, 3, 20),
            kernels -> tanh(kernels, 20),
            kernels -> adamWOverManySteps(kernels, 20));
    for (Consumer<Kernels> property : properties) {
      property.accept(new ScalarKernels());
      assertThatThrownBy(() -> property.accept(wrong)).isInstanceOf(AssertionError.class);
    }
  }

  private static void each(Floats actual, IntToDoubleFunction expected, double tolerance) {
    for (int i = 0; i < actual.length; i++) {
      close(actual.get(i), expected.applyAsDouble(i), tolerance);
    }
  }

  private static void close(double actual, double expected, double tolerance) {
    assertThat(actual).isCloseTo(expected, within(tolerance * Math.max(1, Math.abs(expected))));
  }

  private static float[] normal(int count, int seed, double deviation) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return values;
  }

  private static double[] doubles(float[] values, int from, int count) {
    return IntStream.range(from, from + count).mapToDouble(i -> values[i]).toArray();
  }

  private static Floats floats(float[] values) {
    Floats floats = arena.floats(values.length);
    floats.put(values);
    return floats;
  }
}
