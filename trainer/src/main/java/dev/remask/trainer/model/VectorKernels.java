package dev.remask.trainer.model;

import static dev.remask.trainer.model.VectorMath.LANES;
import static dev.remask.trainer.model.VectorMath.SPECIES;
import static dev.remask.trainer.model.VectorMath.all;
import static dev.remask.trainer.model.VectorMath.factor;
import static dev.remask.trainer.model.VectorMath.integers;
import static dev.remask.trainer.model.VectorMath.load;
import static dev.remask.trainer.model.VectorMath.store;
import static dev.remask.trainer.model.VectorMath.sum;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The same arithmetic with Java's Vector API. Loops have small bodies: the compiler keeps the
 * vectors of a large one on the heap, and those that start from a constant outside the loop, too.
 */
final class VectorKernels implements Kernels {
  /** As many rows of any width are still in the cache when they are read again. */
  static final int ROWS = 16;

  /** A score whose exponential vanishes in any sum. */
  private static final float LOWEST = -1e30f;

  private final Kernels rest = new ScalarKernels();

  @Override
  public String name() {
    return "vector, " + LANES + " lanes";
  }

  @Override
  public void add(Floats x, int from, Floats y, int to, int count) {
    int bound = SPECIES.loopBound(count);
    for (int i = 0; i < bound; i += LANES) {
      store(load(y, to + i).add(load(x, from + i)), y, to + i);
    }
    rest.add(x, from + bound, y, to + bound, count - bound);
  }

  /** A block of rows after another: whole columns would touch a page of memory for each row. */
  @Override
  public void sumColumns(Floats x, Floats sums, int first, int rows, int width) {
    for (int r = 0; r < rows; r += ROWS) {
      sumBlock(x, (first + r) * width, sums, Math.min(ROWS, rows - r), width);
    }
  }

  static void sumBlock(Floats x, int from, Floats sums, int rows, int width) {
    int bound = SPECIES.loopBound(width);
    int end = from + rows * width;
    for (int column = 0; column < bound; column += LANES) {
      FloatVector sum = load(sums, column);
      for (int at = from + column; at < end; at += width) {
        sum = sum.add(load(x, at));
      }
      store(sum, sums, column);
    }
    for (int column = bound; column < width; column++) {
      for (int at = from + column; at < end; at += width) {
        sums.increase(column, x.get(at));
      }
    }
  }

  @Override
  public void drop(
      Dropout.Mask mask, Floats x, int from, Floats y, int to, int rows, int width, int stride) {
    if (stride == width) {
      drop(mask, 0, x, from, y, to, rows * width);
      return;
    }
    for (int r = 0; r < rows; r++) {
      drop(mask, r * width, x, from + r * stride, y, to + r * stride, stride);
    }
  }

  private static void drop(
      Dropout.Mask mask, int element, Floats x, int from, Floats y, int to, int count) {
    int bound = SPECIES.loopBound(count);
    IntVector key = integers(mask.key());
    IntVector below = integers(mask.below());
    IntVector scale = integers(Float.floatToRawIntBits(mask.scale()));
    IntVector numbers = VectorMath.numbers(mask, element);
    for (int i = 0; i < bound; i += LANES) {
      store(load(x, from + i).mul(factor(numbers, key, below, scale)), y, to + i);
      numbers = numbers.add(LANES);
    }
    for (int i = bound; i < count; i++) {
      y.set(to + i, x.get(from + i) * mask.factor(element + i));
    }
  }

  @Override
  public void addResidual(
      Dropout.Mask mask, Floats bias, Floats residual, Floats x, int at, int rows, int width) {
    for (int r = 0; r < rows; r++) {
      int row = at + r * width;
      if (mask.keepsAll()) {
        addResidual(bias, residual, x, row, width);
      } else {
        addResidual(mask, r * width, bias, residual, x, row, width);
      }
    }
  }

  private static void addResidual(Floats bias, Floats residual, Floats x, int row, int width) {
    int bound = SPECIES.loopBound(width);
    for (int i = 0; i < bound; i += LANES) {
      store(load(x, row + i).add(load(bias, i)).add(load(residual, row + i)), x, row + i);
    }
    for (int i = bound; i < width; i++) {
      x.set(row + i, x.get(row + i) + bias.get(i) + residual.get(row + i));
    }
  }

  private static void addResidual(
      Dropout.Mask mask, int element, Floats bias, Floats residual, Floats x, int row, int width) {
    int bound = SPECIES.loopBound(width);
    IntVector key = integers(mask.key());
    IntVector below = integers(mask.below());
    IntVector scale = integers(Float.floatToRawIntBits(mask.scale()));
    IntVector numbers = VectorMath.numbers(mask, element);
    for (int i = 0; i < bound; i += LANES) {
      FloatVector branch = load(x, row + i).add(load(bias, i));
      FloatVector dropped = branch.mul(factor(numbers, key, below, scale));
      store(dropped.add(load(residual, row + i)), x, row + i);
      numbers = numbers.add(LANES);
    }
    for (int i = bound; i < width; i++) {
      float branch = (x.get(row + i) + bias.get(i)) * mask.factor(element + i);
      x.set(row + i, branch + residual.get(row + i));
    }
  }

  @Override
  public void gelu(Floats x, Floats bias, Floats slope, int rows, int width) {
    int bound = SPECIES.loopBound(width);
    for (int row = 0; row < rows * width; row += width) {
      for (int i = 0; i < bound; i += LANES) {
        FloatVector value = load(x, row + i).add(load(bias, i));
        FloatVector exponential = VectorMath.exp(value.mul(VectorMath.MINUS_HALF).mul(value));
        FloatVector below = VectorMath.tail(value.abs(), exponential);
        FloatVector phi =
            VectorMath.ONE
                .sub(below)
                .blend(below, value.compare(VectorOperators.LT, VectorMath.ZERO));
        store(value.mul(phi), x, row + i);
        store(value.mul(VectorMath.DENSITY_AT_ZERO).fma(exponential, phi), slope, row + i);
      }
      for (int i = row + bound; i < row + width; i++) {
        ScalarKernels.geluAt(i, x.get(i) + bias.get(i - row), x, slope);
      }
    }
  }

  @Override
  public void geluBackward(Floats d, Floats slope, Floats sums, int rows, int width) {
    for (int r = 0; r < rows; r += ROWS) {
      int some = Math.min(ROWS, rows - r);
      multiply(slope, d, r * width, some * width);
      sumBlock(d, r * width, sums, some, width);
    }
  }

  private static void multiply(Floats x, Floats y, int from, int count) {
    int bound = from + SPECIES.loopBound(count);
    for (int i = from; i < bound; i += LANES) {
      store(load(y, i).mul(load(x, i)), y, i);
    }
    for (int i = bound; i < from + count; i++) {
      y.set(i, y.get(i) * x.get(i));
    }
  }

  /** One row of each sequence, so no vectors. */
  @Override
  public void tanh(Floats x, int count) {
    rest.tanh(x, count);
  }

  @Override
  public void tanhBackward(Floats d, Floats y, int count) {
    rest.tanhBackward(d, y, count);
  }

  @Override
  public void layerNorm(
      Floats x, Floats scale, Floats gain, Floats shift, Floats y, int first, int rows, int width) {
    VectorNorm.forward(x, scale, gain, shift, y, first, rows, width);
  }

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
    VectorNorm.backward(d, normalized, scale, gain, gainGradient, shiftGradient, rows, width);
  }

  @Override
  public void softmax(Floats x, int at, int rows, int width, int stride) {
    float[] lanes = new float[LANES];
    for (int row = at; row < at + rows * stride; row += stride) {
      for (int i = width; i < stride; i++) {
        x.set(row + i, LOWEST);
      }
      float sum = exponentials(x, row, stride, max(x, row, stride), lanes);
      scale(x, row, stride, 1 / sum);
    }
  }

  @Override
  public void softmaxBackward(
      Floats p, int at, Floats used, int usedAt, Floats d, int rows, int width, int stride) {
    float[] lanes = new float[LANES];
    for (int row = 0; row < rows * stride; row += stride) {
      for (int i = width; i < stride; i++) {
        d.set(row + i, 0);
      }
      float product = multiplied(used, usedAt + row, d, row, stride, lanes);
      for (int i = row; i < row + stride; i += LANES) {
        store(load(p, at + i).fma(all(-product), load(d, i)), d, i);
      }
    }
  }

  /** {@code d = used ∘ d} in a row, and the sum of it. */
  private static float multiplied(
      Floats used, int at, Floats d, int row, int stride, float[] lanes) {
    FloatVector sums = all(0);
    for (int i = 0; i < stride; i += LANES) {
      FloatVector product = load(used, at + i).mul(load(d, row + i));
      store(product, d, row + i);
      sums = sums.add(product);
    }
    return sum(sums, lanes);
  }

  /** Whatever the order of the lanes, the largest is the same. */
  @Override
  public float max(Floats x, int at, int width) {
    int bound = SPECIES.loopBound(width);
    FloatVector largest = all(Float.NEGATIVE_INFINITY);
    for (int i = 0; i < bound; i += LANES) {
      largest = largest.max(load(x, at + i));
    }
    float max = largest.reduceLanes(VectorOperators.MAX);
    for (int i = bound; i < width; i++) {
      max = Math.max(max, x.get(at + i));
    }
    return max;
  }

  @Override
  public float exponentials(Floats x, int at, int width, float max) {
    return exponentials(x, at, width, max, new float[LANES]);
  }

  private static float exponentials(Floats x, int at, int width, float max, float[] lanes) {
    int bound = SPECIES.loopBound(width);
    FloatVector sums = all(0);
    for (int i = 0; i < bound; i += LANES) {
      FloatVector e = VectorMath.exp(load(x, at + i).sub(max));
      store(e, x, at + i);
      sums = sums.add(e);
    }
    float sum = sum(sums, lanes);
    for (int i = bound; i < width; i++) {
      float e = ScalarKernels.exp(x.get(at + i) - max);
      x.set(at + i, e);
      sum += e;
    }
    return sum;
  }

  @Override
  public void scale(Floats x, int at, int width, float factor) {
    int bound = SPECIES.loopBound(width);
    for (int i = 0; i < bound; i += LANES) {
      store(load(x, at + i).mul(factor), x, at + i);
    }
    rest.scale(x, at + bound, width - bound, factor);
  }

  @Override
  public double sumOfSquares(Floats x, int from, int to) {
    return rest.sumOfSquares(x, from, to);
  }

  @Override
  public void adamW(Floats p, Floats m, Floats v, Floats g, int from, int to, AdamW.Update u) {
    int bound = from + SPECIES.loopBound(to - from);
    moments(m, v, g, from, bound, u);
    for (int i = from; i < bound; i += LANES) {
      FloatVector root = load(v, i).lanewise(VectorOperators.SQRT);
      FloatVector change = load(m, i).div(root.fma(u.rootScale(), u.epsilon()));
      store(load(p, i).mul(u.keep()).sub(change.mul(u.rate())), p, i);
    }
    rest.adamW(p, m, v, g, bound, to, u);
  }

  private static void moments(Floats m, Floats v, Floats g, int from, int to, AdamW.Update u) {
    for (int i = from; i < to; i += LANES) {
      FloatVector gradient = load(g, i).mul(u.gradientScale());
      store(load(m, i).mul(u.beta1()).add(gradient.mul(u.oneMinusBeta1())), m, i);
      FloatVector square = gradient.mul(gradient).mul(u.oneMinusBeta2());
      store(load(v, i).mul(u.beta2()).add(square), v, i);
    }
  }
}
