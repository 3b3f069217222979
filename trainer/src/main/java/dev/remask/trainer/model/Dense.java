package dev.remask.trainer.model;

/** An affine map, {@code y = x · weightᵀ + bias}: weight {@code [out, in]}, bias {@code [out]}. */
record Dense(Floats weight, Floats bias, int in, int out) {
  /** {@code y[rows, out]} from {@code x[rows, in]}. */
  void forward(Floats x, Floats y, int rows) {
    y.fillRows(0, bias, rows);
    Blas.multiplyTransposed(rows, out, in, 1, x.at(0), in, weight.at(0), in, 1, y.at(0), out);
  }

  /** As above but for the bias, which whatever reads y next adds. */
  void multiply(Floats x, Floats y, int rows) {
    Blas.multiplyTransposed(rows, out, in, 1, x.at(0), in, weight.at(0), in, 0, y.at(0), out);
  }

  /** {@code dx[rows, in] = beta · dx + dy · weight}. */
  void backward(Floats dy, Floats dx, int rows, float beta) {
    Blas.multiply(rows, in, out, 1, dy.at(0), out, weight.at(0), in, beta, dx.at(0), in);
  }

  /** With this as the gradients: {@code weight += dyᵀ · x}, {@code bias += Σ rows of dy}. */
  void accumulate(Floats dy, Floats x, int rows, Kernels kernels) {
    kernels.sumColumns(dy, bias, 0, rows, out);
    accumulateWeight(dy, x, rows);
  }

  /** As above but for the bias. */
  void accumulateWeight(Floats dy, Floats x, int rows) {
    Blas.transposedMultiply(out, in, rows, 1, dy.at(0), out, x.at(0), in, 1, weight.at(0), in);
  }
}
