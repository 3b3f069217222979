package dev.remask.mlm;

/** Everything that a mask depends on besides the seed and the segment's place. */
public record MaskingPolicy(
    Kind kind,
    int copies,
    Selection selection,
    double probability,
    double maskShare,
    double randomShare,
    boolean wholeWord,
    boolean fairseqCompatible) {

  /** Where the masks of an epoch come from. */
  public enum Kind {
    DYNAMIC,
    STATIC
  }

  /** How many positions are selected. */
  public enum Selection {
    EXACT,
    BERNOULLI
  }

  /** RoBERTa's: dynamic, exact count, 15 %, 80/10/10. */
  public static final MaskingPolicy ROBERTA =
      new MaskingPolicy(Kind.DYNAMIC, 10, Selection.EXACT, 0.15, 0.8, 0.1, false, false);
}
