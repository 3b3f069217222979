package dev.remask.mlm;

/** The mask function; see MASKING.md. Not thread-safe. */
public final class Masker {
  /** The epoch of evaluation masks; no plan has it. */
  public static final int EVALUATION = -1;

  public Masker(long runSeed, String dataset, MaskingPolicy policy, int vocabularySize) {}

  public Masked mask(int epoch, int partition, long sequence, int[] tokens) {
    throw new UnsupportedOperationException();
  }
}
