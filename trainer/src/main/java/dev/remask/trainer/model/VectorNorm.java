package dev.remask.trainer.model;

import static dev.remask.trainer.model.VectorMath.LANES;
import static dev.remask.trainer.model.VectorMath.SPECIES;
import static dev.remask.trainer.model.VectorMath.all;
import static dev.remask.trainer.model.VectorMath.load;
import static dev.remask.trainer.model.VectorMath.store;
import static dev.remask.trainer.model.VectorMath.sum;

import jdk.incubator.vector.FloatVector;

/** LayerNorm of the vector kernels. */
final class VectorNorm {
  private VectorNorm() {}

  static void forward(
      Floats x, Floats scale, Floats gain, Floats shift, Floats y, int first, int rows, int width) {
    float[] lanes = new float[LANES];
    for (int r = first; r < first + rows; r++) {
      int at = r * width;
      float mean = rowSum(x, at, width, lanes) / width;
      float inverse =
          ScalarKernels.inverseDeviation(centeredSquares(x, at, width, mean, lanes), width);
      scale.set(r, inverse);
      normalize(x, at, width, mean, inverse, gain, shift, y);
    }
  }

  private static float rowSum(Floats x, int at, int width, float[] lanes) {
    int bound = SPECIES.loopBound(width);
    FloatVector sums = all(0);
    for (int i = 0; i < bound; i += LANES) {
      sums = sums.add(load(x, at + i));
    }
    float sum = sum(sums, lanes);
    for (int i = bound; i < width; i++) {
      sum += x.get(at + i);
    }
    return sum;
  }

  private static float centeredSquares(Floats x, int at, int width, float mean, float[] lanes) {
    int bound = SPECIES.loopBound(width);
    FloatVector squares = all(0);
    for (int i = 0; i < bound; i += LANES) {
      FloatVector centered = load(x, at + i).sub(mean);
      squares = centered.fma(centered, squares);
    }
    float sum = sum(squares, lanes);
    for (int i = bound; i < width; i++) {
      float centered = x.get(at + i) - mean;
      sum += centered * centered;
    }
    return sum;
  }

  private static void normalize(
      Floats x, int at, int width, float mean, float inverse, Floats gain, Floats shift, Floats y) {
    int bound = SPECIES.loopBound(width);
    for (int i = 0; i < bound; i += LANES) {
      FloatVector normalized = load(x, at + i).sub(mean).mul(inverse);
      store(normalized, x, at + i);
      store(normalized.fma(load(gain, i), load(shift, i)), y, at + i);
    }
    for (int i = bound; i < width; i++) {
      float normalized = (x.get(at + i) - mean) * inverse;
      x.set(at + i, normalized);
      y.set(at + i, normalized * gain.get(i) + shift.get(i));
    }
  }

  static void backward(
      Floats d,
      Floats normalized,
      Floats scale,
      Floats gain,
      Floats gainGradient,
      Floats shiftGradient,
      int rows,
      int width) {
    float[] lanes = new float[LANES];
    for (int r = 0; r < rows; r++) {
      if (r % VectorKernels.ROWS == 0) {
        int some = Math.min(VectorKernels.ROWS, rows - r);
        VectorKernels.sumBlock(d, r * width, shiftGradient, some, width);
        sumProducts(d, normalized, r * width, gainGradient, some, width);
      }
      int at = r * width;
      float sum = dot(d, at, gain, width, lanes);
      float product = dot(d, at, gain, normalized, width, lanes);
      inputGradient(d, normalized, gain, at, width, sum / width, product / width, scale.get(r));
    }
  }

  /** {@code sums[w] += Σ over rows of x[r, w] · y[r, w]}, of both from {@code from} on. */
  private static void sumProducts(Floats x, Floats y, int from, Floats sums, int rows, int width) {
    int end = from + rows * width;
    int bound = SPECIES.loopBound(width);
    for (int column = 0; column < bound; column += LANES) {
      FloatVector sum = load(sums, column);
      for (int at = from + column; at < end; at += width) {
        sum = load(x, at).fma(load(y, at), sum);
      }
      store(sum, sums, column);
    }
    for (int column = bound; column < width; column++) {
      for (int at = from + column; at < end; at += width) {
        sums.increase(column, x.get(at) * y.get(at));
      }
    }
  }

  private static float dot(Floats d, int at, Floats gain, int width, float[] lanes) {
    int bound = SPECIES.loopBound(width);
    FloatVector sums = all(0);
    for (int i = 0; i < bound; i += LANES) {
      sums = load(d, at + i).fma(load(gain, i), sums);
    }
    float sum = sum(sums, lanes);
    for (int i = bound; i < width; i++) {
      sum += d.get(at + i) * gain.get(i);
    }
    return sum;
  }

  private static float dot(
      Floats d, int at, Floats gain, Floats normalized, int width, float[] lanes) {
    int bound = SPECIES.loopBound(width);
    FloatVector sums = all(0);
    for (int i = 0; i < bound; i += LANES) {
      sums = load(d, at + i).mul(load(gain, i)).fma(load(normalized, at + i), sums);
    }
    float sum = sum(sums, lanes);
    for (int i = bound; i < width; i++) {
      sum += d.get(at + i) * gain.get(i) * normalized.get(at + i);
    }
    return sum;
  }

  private static void inputGradient(
      Floats d,
      Floats normalized,
      Floats gain,
      int at,
      int width,
      float mean,
      float product,
      float scale) {
    int bound = SPECIES.loopBound(width);
    for (int i = 0; i < bound; i += LANES) {
      FloatVector rest = load(d, at + i).fma(load(gain, i), all(-mean));
      store(load(normalized, at + i).fma(all(-product), rest).mul(scale), d, at + i);
    }
    for (int i = bound; i < width; i++) {
      float rest = d.get(at + i) * gain.get(i) - mean;
      d.set(at + i, scale * (rest - normalized.get(at + i) * product));
    }
  }
}
