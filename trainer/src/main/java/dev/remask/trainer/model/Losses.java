package dev.remask.trainer.model;

import java.util.Arrays;
import java.util.stream.Stream;

/** The loss of each prediction of a logical batch, put together from its micro-batches. */
final class Losses {
  private final double[][] parts;

  Losses(int microBatches) {
    this.parts = new double[microBatches][];
  }

  /** Nobody asks for them. */
  static Losses ignored() {
    return new Losses(0);
  }

  /** Any thread, each micro-batch once. */
  void put(int microBatch, double[] losses) {
    if (parts.length > 0) {
      parts[microBatch] = losses;
    }
  }

  /** In the order of the examples; when all are there. */
  double[] all() {
    return Stream.of(parts).flatMapToDouble(Arrays::stream).toArray();
  }
}
