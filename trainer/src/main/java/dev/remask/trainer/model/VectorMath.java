package dev.remask.trainer.model;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * What the vector kernels are made of: loads and stores, sums in a fixed order, exp and the normal
 * distribution, dropout masks. No operator is used whose result is not fixed to the bit.
 */
final class VectorMath {
  static final VectorSpecies<Float> SPECIES =
      FloatVector.SPECIES_PREFERRED.length() > Kernels.ROW_MULTIPLE
          ? FloatVector.SPECIES_512
          : FloatVector.SPECIES_PREFERRED;
  static final int LANES = SPECIES.length();
  private static final VectorSpecies<Integer> INTEGERS = SPECIES.withLanes(int.class);
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  // As vectors, and not as broadcasts in the loops: a compiled loop has room for only so many
  // nodes, and beyond them the compiler boxes the vectors, which is ten times slower.
  static final FloatVector ZERO = all(0);
  static final FloatVector ONE = all(1);
  static final FloatVector MINUS_HALF = all(-0.5f);
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
  static final FloatVector DENSITY_AT_ZERO = all(ScalarKernels.DENSITY_AT_ZERO);
  private static final IntVector ONE_BITS = integers(Float.floatToRawIntBits(1));
  private static final IntVector FIRST_FACTOR = integers(Dropout.Mask.FIRST_FACTOR);
  private static final IntVector SECOND_FACTOR = integers(Dropout.Mask.SECOND_FACTOR);
  private static final IntVector NUMBERS = IntVector.zero(INTEGERS).addIndex(1);

  private VectorMath() {}

  static FloatVector load(Floats x, int at) {
    return FloatVector.fromByteBuffer(SPECIES, x.bytes, at << 2, ORDER);
  }

  static void store(FloatVector v, Floats x, int at) {
    v.intoByteBuffer(x.bytes, at << 2, ORDER);
  }

  static FloatVector all(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }

  static IntVector integers(int value) {
    return IntVector.broadcast(INTEGERS, value);
  }

  /** Through an array, since reduceLanes does not say in which order it adds. */
  static float sum(FloatVector v, float[] lanes) {
    v.intoArray(lanes, 0);
    float sum = 0;
    for (int i = 0; i < LANES; i += 4) {
      sum += (lanes[i] + lanes[i + 1]) + (lanes[i + 2] + lanes[i + 3]);
    }
    return sum;
  }

  /** As {@link ScalarKernels#exp(float)}. */
  static FloatVector exp(FloatVector x) {
    FloatVector held = x.max(LOWEST_EXPONENT);
    FloatVector shifted = held.fma(LOG2_E, ROUNDER);
    FloatVector n = shifted.sub(ROUNDER);
    FloatVector r = n.fma(MINUS_LN2_LOW, n.fma(MINUS_LN2_HIGH, held));
    FloatVector q = E4.fma(r, E3).fma(r, E2).fma(r, E1).fma(r, E0);
    FloatVector mantissa = q.fma(r.mul(r), r).add(ONE);
    IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    return mantissa.mul(exponent.add(ONE_BITS).reinterpretAsFloats());
  }

  /** As {@link ScalarKernels#tail(float, float)}, for x >= 0. */
  static FloatVector tail(FloatVector x, FloatVector exponential) {
    FloatVector t = ONE.div(x.fma(T, ONE));
    FloatVector high = G8.fma(t, G7).fma(t, G6).fma(t, G5).fma(t, G4);
    FloatVector q = high.fma(t, G3).fma(t, G2).fma(t, G1).fma(t, G0);
    return q.mul(t).mul(exponential);
  }

  /** The first elements of a mask from a number on, as {@link #factor} takes them. */
  static IntVector numbers(Dropout.Mask mask, int element) {
    return NUMBERS.add(integers(element + mask.start()));
  }

  /** As {@link Dropout.Mask#factor(int)}: all bits of the scale, or none where an element drops. */
  static FloatVector factor(IntVector numbers, IntVector key, IntVector below, IntVector scale) {
    IntVector first =
        numbers
            .lanewise(
                VectorOperators.XOR,
                numbers.lanewise(VectorOperators.LSHR, Dropout.Mask.FIRST_SHIFT))
            .mul(FIRST_FACTOR);
    IntVector second =
        first
            .lanewise(
                VectorOperators.XOR,
                first.lanewise(VectorOperators.LSHR, Dropout.Mask.SECOND_SHIFT))
            .lanewise(VectorOperators.XOR, key)
            .mul(SECOND_FACTOR);
    // A difference of two numbers of 31 bits is negative where the element drops.
    IntVector drops =
        second.lanewise(VectorOperators.LSHR, 1).sub(below).lanewise(VectorOperators.ASHR, 31);
    return scale.lanewise(VectorOperators.AND_NOT, drops).reinterpretAsFloats();
  }
}
