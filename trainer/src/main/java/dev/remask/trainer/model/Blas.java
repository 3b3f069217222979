package dev.remask.trainer.model;

import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.cblas_sgemm;

import com.sun.jna.Function;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Row-major matrix products {@code C[m, n] = alpha · A · B + beta · C} on the BLAS that ND4J
 * brings, one thread each. The last number after an operand is its row stride.
 */
final class Blas {
  static {
    // JavaCPP would end a model of more than four heaps. What is too much, Roberta says beforehand.
    unlimitedUnlessSet("org.bytedeco.javacpp.maxbytes");
    unlimitedUnlessSet("org.bytedeco.javacpp.maxphysicalbytes");
    Nd4j.getBackend(); // ND4J sets its own number of threads when it starts: start it first.
    openblas.blas_set_num_threads(1);
  }

  private Blas() {}

  /** Starts ND4J and BLAS, in the order that keeps one thread per caller. */
  static void start() {}

  private static void unlimitedUnlessSet(String property) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, "0");
    }
  }

  /** {@code A[m, k]}, {@code B[k, n]}. */
  static void multiply(
      int m,
      int n,
      int k,
      float alpha,
      FloatPointer a,
      int strideA,
      FloatPointer b,
      int strideB,
      float beta,
      FloatPointer c,
      int strideC) {
    cblas_sgemm(
        CblasRowMajor,
        CblasNoTrans,
        CblasNoTrans,
        m,
        n,
        k,
        alpha,
        a,
        strideA,
        b,
        strideB,
        beta,
        c,
        strideC);
  }

  /** {@code A[m, k]}, {@code B[n, k]} transposed. */
  static void multiplyTransposed(
      int m,
      int n,
      int k,
      float alpha,
      FloatPointer a,
      int strideA,
      FloatPointer b,
      int strideB,
      float beta,
      FloatPointer c,
      int strideC) {
    cblas_sgemm(
        CblasRowMajor,
        CblasNoTrans,
        CblasTrans,
        m,
        n,
        k,
        alpha,
        a,
        strideA,
        b,
        strideB,
        beta,
        c,
        strideC);
  }

  /** {@code A[k, m]} transposed, {@code B[k, n]}. */
  static void transposedMultiply(
      int m,
      int n,
      int k,
      float alpha,
      FloatPointer a,
      int strideA,
      FloatPointer b,
      int strideB,
      float beta,
      FloatPointer c,
      int strideC) {
    cblas_sgemm(
        CblasRowMajor,
        CblasTrans,
        CblasNoTrans,
        m,
        n,
        k,
        alpha,
        a,
        strideA,
        b,
        strideB,
        beta,
        c,
        strideC);
  }

  /** What BLAS says of itself, its version and the processor core it chose among others. */
  static String description() {
    try {
      Pointer function = Loader.addressof("openblas_get_config");
      return function == null
          ? "unknown"
          : Function.getFunction(new com.sun.jna.Pointer(function.address()))
              .invokeString(new Object[0], false)
              .trim();
    } catch (LinkageError e) {
      return "unknown";
    }
  }
}
