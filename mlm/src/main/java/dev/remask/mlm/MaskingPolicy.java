package dev.remask.mlm;

import java.util.Locale;

/**
 * Everything that a mask depends on besides the seed and the segment's place.
 *
 * @param copies how many static maskings there are; at least 1, and of no effect if dynamic
 * @param probability the share of candidates (tokens, or words) selected, above 0 and at most 1
 * @param maskShare of the tokens selected, those replaced by the mask token
 * @param randomShare of those, the ones replaced by a random token; the rest stays as it is
 * @param wholeWord candidates are words: all tokens of a word are selected, or none
 * @param fairseqCompatible special tokens are candidates too, as in fairseq's MaskTokensDataset
 */
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
    /** Fresh in every epoch. */
    DYNAMIC,
    /** Epoch e has masking e mod copies. */
    STATIC
  }

  /** How many positions are selected. */
  public enum Selection {
    /** The share times the candidates, rounded up or down by chance (fairseq). */
    EXACT,
    /** Each candidate by its own draw (Hugging Face). */
    BERNOULLI
  }

  /** RoBERTa's: dynamic, exact count, 15 %, 80/10/10. */
  public static final MaskingPolicy ROBERTA =
      new MaskingPolicy(Kind.DYNAMIC, 10, Selection.EXACT, 0.15, 0.8, 0.1, false, false);

  /** IllegalArgumentException that names the value and what is allowed. */
  public MaskingPolicy {
    require(copies >= 1, "copies " + copies + "; allowed are 1 and more");
    require(
        probability > 0 && probability <= 1,
        "probability " + probability + "; allowed are values above 0, at most 1");
    require(
        maskShare >= 0 && randomShare >= 0 && maskShare + randomShare <= 1,
        "maskShare "
            + maskShare
            + " and randomShare "
            + randomShare
            + "; allowed are values of 0 and more with a sum of at most 1");
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new IllegalArgumentException("masking policy: " + otherwise);
    }
  }

  /** The policy as it enters the mask key: whatever changes a mask, and nothing else. */
  public String canonical() {
    return String.format(
        Locale.ROOT,
        "kind=%s;selection=%s;probability=%d;mask=%d;random=%d;whole-word=%b;specials=%b",
        kind == Kind.DYNAMIC ? "dynamic" : "static/" + copies,
        selection == Selection.EXACT ? "exact" : "bernoulli",
        share32(probability),
        share32(maskShare),
        share32(randomShare),
        wholeWord,
        fairseqCompatible);
  }

  /** A share in units of 2^-32: masks are made with integers alone. */
  static long share32(double share) {
    return Math.round(share * 0x1p32);
  }
}
