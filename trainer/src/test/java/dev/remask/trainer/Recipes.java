package dev.remask.trainer;

/** Recipes for tests. */
public final class Recipes {
  private Recipes() {}

  public static Recipe of(int batch, int window, long checkpointSteps, int kept) {
    return new Recipe(
        batch, 1, 1e-3, 5, 50, 0.1, 1, 0.01, 0.9, 0.98, window, 1, checkpointSteps, kept);
  }
}
