package dev.remask.trainer.model;

/** Plain loops: the reference, and the fallback where Java has no Vector API. */
class ScalarKernels implements Kernels {
  static final float LAYER_NORM_EPSILON = 1e-5f;

  /** 1/√(2π). */
  static final float DENSITY_AT_ZERO = 0.3989423f;

  // exp: x = n·ln 2 + r, |r| <= ln 2 / 2, and exp(r) = 1 + r + r²·(a polynomial fitted at Chebyshev
  // nodes; relative error 1.0e-8). Below LOWEST_EXPONENT it stays at exp(LOWEST_EXPONENT) =
  // 2.7e-33:
  // nothing that is added to it can tell, and products of it stay clear of slow denormal numbers.
  static final float LOWEST_EXPONENT = -75;
  static final float LOG2_E = 1.442695f;

  /** Adding it rounds to the nearest integer, which is then in the lowest bits. */
  static final float ROUNDER = 0x1.8p23f;

  static final float LN2_HIGH = 0x1.62ep-1f; // 12 bits: n · LN2_HIGH is exact
  static final float LN2_LOW = 3.1946183e-5f;
  static final float E0 = 0.5f;
  static final float E1 = 0.16666576f;
  static final float E2 = 0.041666556f;
  static final float E3 = 0.008363203f;
  static final float E4 = 0.0013926213f;

  // Φ(-x) = exp(-x²/2) · t · (a polynomial in t), t = 1 / (1 + 0.26 x), for x >= 0: fitted at
  // Chebyshev nodes for x in [0, 13.4]; relative error 5.4e-8.
  static final float T = 0.26f;
  static final float G0 = 0.103771694f;
  static final float G1 = 0.10280079f;
  static final float G2 = 0.10458063f;
  static final float G3 = 0.044917513f;
  static final float G4 = 0.17542912f;
  static final float G5 = -0.17212695f;
  static final float G6 = 0.27019832f;
  static final float G7 = -0.16197658f;
  static final float G8 = 0.03240546f;

  @Override
  public String name() {
    return "scalar";
  }

  /** For x up to 80; softmax and GELU need it up to 0. */
  static float exp(float x) {
    float held = Math.max(x, LOWEST_EXPONENT);
    float shifted = held * LOG2_E + ROUNDER;
    float n = shifted - ROUNDER;
    float r = held - n * LN2_HIGH - n * LN2_LOW;
    float q = (((E4 * r + E3) * r + E2) * r + E1) * r + E0;
    float mantissa = q * (r * r) + r + 1;
    return mantissa * Float.intBitsToFloat((Float.floatToRawIntBits(shifted) << 23) + 0x3f800000);
  }

  /** {@code Φ(-|x|)}, given {@code exp(-x²/2)}. */
  static float tail(float x, float exponential) {
    float t = 1 / (1 + T * Math.abs(x));
    float high = (((G8 * t + G7) * t + G6) * t + G5) * t + G4;
    float q = (((high * t + G3) * t + G2) * t + G1) * t + G0;
    return q * t * exponential;
  }

  @Override
  public void add(Floats x, int from, Floats y, int to, int count) {
    for (int i = 0; i < count; i++) {
      y.increase(to + i, x.get(from + i));
    }
  }

  @Override
  public void sumColumns(Floats x, Floats sums, int first, int rows, int width) {
    for (int r = first; r < first + rows; r++) {
      add(x, r * width, sums, 0, width);
    }
  }

  @Override
  public void drop(
      Dropout.Mask mask, Floats x, int from, Floats y, int to, int rows, int width, int stride) {
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < width; i++) {
        int at = r * stride + i;
        y.set(to + at, x.get(from + at) * mask.factor(r * width + i));
      }
    }
  }

  @Override
  public void addResidual(
      Dropout.Mask mask, Floats bias, Floats residual, Floats x, int at, int rows, int width) {
    for (int i = 0; i < rows * width; i++) {
      float branch = (x.get(at + i) + bias.get(i % width)) * mask.factor(i);
      x.set(at + i, branch + residual.get(at + i));
    }
  }

  @Override
  public void gelu(Floats x, Floats bias, Floats slope, int rows, int width) {
    for (int i = 0; i < rows * width; i++) {
      geluAt(i, x.get(i) + bias.get(i % width), x, slope);
    }
  }

  static void geluAt(int i, float value, Floats x, Floats slope) {
    float exponential = exp(-0.5f * value * value);
    float below = tail(value, exponential);
    float phi = value < 0 ? below : 1 - below;
    x.set(i, value * phi);
    slope.set(i, phi + value * DENSITY_AT_ZERO * exponential);
  }

  @Override
  public void geluBackward(Floats d, Floats slope, Floats sums, int rows, int width) {
    for (int i = 0; i < rows * width; i++) {
      d.set(i, d.get(i) * slope.get(i));
    }
    sumColumns(d, sums, 0, rows, width);
  }

  @Override
  public void tanh(Floats x, int count) {
    for (int i = 0; i < count; i++) {
      x.set(i, (float) StrictMath.tanh(x.get(i)));
    }
  }

  @Override
  public void tanhBackward(Floats d, Floats y, int count) {
    for (int i = 0; i < count; i++) {
      float tangent = y.get(i);
      d.set(i, d.get(i) * (1 - tangent * tangent));
    }
  }

  @Override
  public void layerNorm(
      Floats x, Floats scale, Floats gain, Floats shift, Floats y, int first, int rows, int width) {
    for (int r = first; r < first + rows; r++) {
      int at = r * width;
      float sum = 0;
      for (int i = 0; i < width; i++) {
        sum += x.get(at + i);
      }
      float mean = sum / width;
      float squares = 0;
      for (int i = 0; i < width; i++) {
        float centered = x.get(at + i) - mean;
        squares += centered * centered;
      }
      float inverse = inverseDeviation(squares, width);
      scale.set(r, inverse);
      for (int i = 0; i < width; i++) {
        float normalized = (x.get(at + i) - mean) * inverse;
        x.set(at + i, normalized);
        y.set(at + i, normalized * gain.get(i) + shift.get(i));
      }
    }
  }

  static float inverseDeviation(float squares, int width) {
    return (float) (1 / Math.sqrt(squares / width + LAYER_NORM_EPSILON));
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
    for (int r = 0; r < rows; r++) {
      int at = r * width;
      float sum = 0;
      float product = 0;
      for (int i = 0; i < width; i++) {
        float dy = d.get(at + i);
        float xhat = normalized.get(at + i);
        gainGradient.increase(i, dy * xhat);
        shiftGradient.increase(i, dy);
        float dxhat = dy * gain.get(i);
        sum += dxhat;
        product += dxhat * xhat;
      }
      for (int i = 0; i < width; i++) {
        float rest = d.get(at + i) * gain.get(i) - sum / width;
        d.set(at + i, scale.get(r) * (rest - normalized.get(at + i) * (product / width)));
      }
    }
  }

  @Override
  public void softmax(Floats x, int at, int rows, int width, int stride) {
    for (int row = at; row < at + rows * stride; row += stride) {
      float sum = exponentials(x, row, width, max(x, row, width));
      scale(x, row, width, 1 / sum);
    }
  }

  @Override
  public void softmaxBackward(
      Floats p, int at, Floats used, int usedAt, Floats d, int rows, int width, int stride) {
    for (int row = 0; row < rows * stride; row += stride) {
      float product = 0;
      for (int i = row; i < row + width; i++) {
        product += used.get(usedAt + i) * d.get(i);
      }
      for (int i = row; i < row + width; i++) {
        d.set(i, used.get(usedAt + i) * d.get(i) - p.get(at + i) * product);
      }
    }
  }

  @Override
  public float max(Floats x, int at, int width) {
    float max = x.get(at);
    for (int i = 1; i < width; i++) {
      max = Math.max(max, x.get(at + i));
    }
    return max;
  }

  @Override
  public float exponentials(Floats x, int at, int width, float max) {
    float sum = 0;
    for (int i = at; i < at + width; i++) {
      float e = exp(x.get(i) - max);
      x.set(i, e);
      sum += e;
    }
    return sum;
  }

  @Override
  public void scale(Floats x, int at, int width, float factor) {
    for (int i = at; i < at + width; i++) {
      x.set(i, x.get(i) * factor);
    }
  }

  @Override
  public double sumOfSquares(Floats x, int from, int to) {
    double even = 0;
    double odd = 0; // two sums, as each addition waits for the one before
    int i = from;
    for (; i + 1 < to; i += 2) {
      double first = x.get(i);
      double second = x.get(i + 1);
      even += first * first;
      odd += second * second;
    }
    double last = i < to ? x.get(i) : 0;
    return even + odd + last * last;
  }

  @Override
  public void adamW(Floats p, Floats m, Floats v, Floats g, int from, int to, AdamW.Update u) {
    for (int i = from; i < to; i++) {
      float gradient = g.get(i) * u.gradientScale();
      float mean = u.beta1() * m.get(i) + u.oneMinusBeta1() * gradient;
      float square = u.beta2() * v.get(i) + u.oneMinusBeta2() * gradient * gradient;
      m.set(i, mean);
      v.set(i, square);
      float root = (float) Math.sqrt(square);
      p.set(i, u.keep() * p.get(i) - u.rate() * (mean / (root * u.rootScale() + u.epsilon())));
    }
  }
}
