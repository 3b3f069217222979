package dev.remask.trainer;

/** Recipes for tests. */
public final class Recipes {
  static final Optimizer OPTIMIZER = new Optimizer(0.9, 0.98, 1e-6, 0.01, 1);

  private Recipes() {}

  public static Recipe of(int batch, int window, long checkpointSteps, int kept) {
    return of(LogicalBatch.constant(batch), window, checkpointSteps, kept);
  }

  static Recipe of(LogicalBatch batch, int window, long checkpointSteps, int kept) {
    return of(batch, window, checkpointSteps, kept, 0);
  }

  static Recipe of(
      LogicalBatch batch, int window, long checkpointSteps, int kept, double liveShare) {
    LearningRate rate = LearningRate.linear(1e-3, 5, 50, 0.1);
    return new Recipe(batch, 1, rate, OPTIMIZER, window, 1, checkpointSteps, kept, liveShare);
  }
}
