package dev.remask.trainer.model;

/**
 * How a model is trained.
 *
 * @param dropout after the embeddings, on attention probabilities and before each residual addition
 * @param seed of the initialization and of dropout
 * @param workers threads, each with its own micro-batch at a time; the bits of a result depend on
 *     it
 * @param microBatch sequences that a worker handles at once; as above
 */
public record Settings(
    Initialization initialization,
    AdamW optimizer,
    double dropout,
    long seed,
    int workers,
    int microBatch) {
  public Settings {
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException("dropout = " + dropout + "; allowed: [0, 1)");
    }
    if (workers < 1 || workers > 1024) {
      throw new IllegalArgumentException("workers = " + workers + "; allowed: 1 to 1024");
    }
    if (microBatch < 1 || microBatch > 65_536) {
      throw new IllegalArgumentException("microBatch = " + microBatch + "; allowed: 1 to 65536");
    }
  }
}
