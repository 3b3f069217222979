package dev.remask.trainer.model;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The same arithmetic with Java's Vector API. Loops have small bodies: the compiler keeps the
 * vectors of a large one on the heap, and those that start from a constant outside the loop, too.
 * Lanes are added up one after another through an array, since reduceLanes does not say in which
 * order it adds; no operator is used whose result is not fixed to the bit.
 */
final class VectorKernels implements Kernels {
  private static final VectorSpecies<Float> SPECIES =
      FloatVector.SPECIES_PREFERRED.length() > ROW_MULTIPLE
          ? FloatVector.SPECIES_512
          : FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Elements that one loop leaves to the next in the first-level cache. */
  private static final int BLOCK = 1024;

  /** A score whose exponential vanishes in any sum. */
  private static final float LOWEST = -1e30f;

  // As vectors, and not as broadcasts in the loops: a compiled loop has room for only so many
  // nodes,
  // and beyond them the compiler boxes the vectors, which is ten times slower.
  private static final FloatVector ZERO = all(0);
  private static final FloatVector ONE = all(1);
  private static final FloatVector MINUS_HALF = all(-0.5f);
  private static final FloatVector LOWEST_EXPONENT = all(ScalarKernels.LOWEST_EXPONENT);
  private static final FloatVector LOG2_E = all(ScalarKernels.LOG2_E);
  private static final FloatVector ROUNDER = all(ScalarKernels.ROUNDER);
  private static final FloatVector MINUS_LN2_HIGH = all(-ScalarKernels.LN2_HIGH);
  private static final FloatVector MINUS_LN2_LOW = all(-ScalarKernels.LN2_LOW);
  private static final FloatVector E0 = all(ScalarKernels.E0);
  private static final FloatVector E1 = all(ScalarKernels.E1);
  private static final FloatVector E2 = all(ScalarKernels.E2);
  private static final FloatVector E3 = all(ScalarKernels.E3);
  private static final FloatVector E4 = all(ScalarKernels.E4);
  private static final FloatVector T = all(ScalarKernels.T);
  private static final FloatVector G0 = all(ScalarKernels.G0);
  private static final FloatVector G1 = all(ScalarKernels.G1);
  private static final FloatVector G2 = all(ScalarKernels.G2);
  private static final FloatVector G3 = all(ScalarKernels.G3);
  private static final FloatVector G4 = all(ScalarKernels.G4);
  private static final FloatVector G5 = all(ScalarKernels.G5);
  private static final FloatVector G6 = all(ScalarKernels.G6);
  private static final FloatVector G7 = all(ScalarKernels.G7);
  private static final FloatVector G8 = all(ScalarKernels.G8);
  private static final FloatVector DENSITY_AT_ZERO = all(ScalarKernels.DENSITY_AT_ZERO);
  private static final IntVector ONE_BITS =
      IntVector.broadcast(SPECIES.withLanes(int.class), Float.floatToRawIntBits(1));

  private final Kernels rest = new ScalarKernels();

  @Override
  public String name() {
    return "vector, " + LANES + " lanes";
  }

  private static FloatVector load(Floats x, int at) {
    return FloatVector.fromByteBuffer(SPECIES, x.bytes, at << 2, ORDER);
  }

  private static void store(FloatVector v, Floats x, int at) {
    v.intoByteBuffer(x.bytes, at << 2, ORDER);
  }

  private static FloatVector all(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }

  private static float sum(FloatVector v, float[] lanes) {
    v.intoArray(lanes, 0);
    float sum = 0;
    for (int i = 0; i < LANES; i += 4) {
      sum += (lanes[i] + lanes[i + 1]) + (lanes[i + 2] + lanes[i + 3]);
    }
    return sum;
  }

  /** As {@link ScalarKernels#exp(float)}. */
  private static FloatVector exp(FloatVector x) {
    FloatVector held = x.max(LOWEST_EXPONENT);
    FloatVector shifted = held.fma(LOG2_E, ROUNDER);
    FloatVector n = shifted.sub(ROUNDER);
    FloatVector r = n.fma(MINUS_LN2_LOW, n.fma(MINUS_LN2_HIGH, held));
    FloatVector q = E4.fma(r, E3).fma(r, E2).fma(r, E1).fma(r, E0);
    FloatVector mantissa = q.fma(r.mul(r), r).add(ONE);
    IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    return mantissa.mul(exponent.add(ONE_BITS).reinterpretAsFloats());
  }

  @Override
  public void add(Floats x, int from, Floats y, int to, int count) {
    int bound = SPECIES.loopBound(count);
    for (int i = 0; i < bound; i += LANES) {
      store(load(y, to + i).add(load(x, from + i)), y, to + i);
    }
    rest.add(x, from + bound, y, to + bound, count - bound);
  }

  @Override
  public void multiply(Floats x, Floats y, int count) {
    int bound = SPECIES.loopBound(count);
    for (int i = 0; i < bound; i += LANES) {
      store(load(y, i).mul(load(x, i)), y, i);
    }
    for (int i = bound; i < count; i++) {
      y.set(i, y.get(i) * x.get(i));
    }
  }

  @Override
  public void sumColumns(Floats x, Floats sums, int rows, int width) {
    int bound = SPECIES.loopBound(width);
    for (int column = 0; column < bound; column += LANES) {
      FloatVector sum = load(sums, column);
      for (int at = column; at < rows * width; at += width) {
        sum = sum.add(load(x, at));
      }
      store(sum, sums, column);
    }
    for (int column = bound; column < width; column++) {
      for (int at = column; at < rows * width; at += width) {
        sums.increase(column, x.get(at));
      }
    }
  }

  @Override
  public void gelu(Floats x, Floats slope, int count) {
    int bound = SPECIES.loopBound(count);
    for (int i = 0; i < bound; i += LANES) {
      FloatVector value = load(x, i);
      FloatVector exponential = exp(value.mul(MINUS_HALF).mul(value));
      FloatVector below = tail(value.abs(), exponential);
      FloatVector phi = ONE.sub(below).blend(below, value.compare(VectorOperators.LT, ZERO));
      store(value.mul(phi), x, i);
      store(value.mul(DENSITY_AT_ZERO).fma(exponential, phi), slope, i);
    }
    for (int i = bound; i < count; i++) {
      ScalarKernels.geluAt(i, x, slope);
    }
  }

  private static FloatVector tail(FloatVector x, FloatVector exponential) {
    FloatVector t = ONE.div(x.fma(T, ONE));
    FloatVector high = G8.fma(t, G7).fma(t, G6).fma(t, G5).fma(t, G4);
    FloatVector q = high.fma(t, G3).fma(t, G2).fma(t, G1).fma(t, G0);
    return q.mul(t).mul(exponential);
  }

  @Override
  public void layerNorm(
      Floats x, Floats scale, Floats gain, Floats shift, Floats y, int rows, int width) {
    float[] lanes = new float[LANES];
    for (int r = 0; r < rows; r++) {
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
    sumColumns(d, shiftGradient, rows, width);
    sumProducts(d, normalized, gainGradient, rows, width);
    float[] lanes = new float[LANES];
    for (int r = 0; r < rows; r++) {
      int at = r * width;
      float sum = dot(d, at, gain, width, lanes);
      float product = dot(d, at, gain, normalized, width, lanes);
      inputGradient(d, normalized, gain, at, width, sum / width, product / width, scale.get(r));
    }
  }

  /** {@code sums[w] += Σ over rows of x[r, w] · y[r, w]}. */
  private static void sumProducts(Floats x, Floats y, Floats sums, int rows, int width) {
    int bound = SPECIES.loopBound(width);
    for (int column = 0; column < bound; column += LANES) {
      FloatVector sum = load(sums, column);
      for (int at = column; at < rows * width; at += width) {
        sum = load(x, at).fma(load(y, at), sum);
      }
      store(sum, sums, column);
    }
    for (int column = bound; column < width; column++) {
      for (int at = column; at < rows * width; at += width) {
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
  public void softmaxBackward(Floats p, int at, Floats d, int rows, int width, int stride) {
    float[] lanes = new float[LANES];
    for (int row = 0; row < rows * stride; row += stride) {
      for (int i = width; i < stride; i++) {
        d.set(row + i, 0);
      }
      float product = rowProduct(p, at + row, d, row, stride, lanes);
      for (int i = 0; i < stride; i += LANES) {
        store(load(d, row + i).sub(product).mul(load(p, at + row + i)), d, row + i);
      }
    }
  }

  private static float rowProduct(Floats p, int at, Floats d, int row, int stride, float[] lanes) {
    FloatVector sums = all(0);
    for (int i = 0; i < stride; i += LANES) {
      sums = load(p, at + i).fma(load(d, row + i), sums);
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
      FloatVector e = exp(load(x, at + i).sub(max));
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
