package dev.remask.topology;

import dev.remask.mlm.MaskingPolicy;
import dev.remask.schemas.MaskingKind;
import dev.remask.schemas.SelectionKind;

/** The masking policy as a function understands it, and as a plan records it. */
public final class MaskingPolicies {
  private MaskingPolicies() {}

  /**
   * @throws IllegalStateException if a newer version wrote a kind that this one does not know
   */
  public static MaskingPolicy decode(dev.remask.schemas.MaskingPolicy policy) {
    return new MaskingPolicy(
        switch (policy.getKind()) {
          case DYNAMIC -> MaskingPolicy.Kind.DYNAMIC;
          case STATIC -> MaskingPolicy.Kind.STATIC;
          case UNKNOWN -> throw new IllegalStateException("unknown masking kind in " + policy);
        },
        policy.getCopies(),
        switch (policy.getSelection()) {
          case EXACT -> MaskingPolicy.Selection.EXACT;
          case BERNOULLI -> MaskingPolicy.Selection.BERNOULLI;
          case UNKNOWN -> throw new IllegalStateException("unknown selection in " + policy);
        },
        policy.getProbability(),
        policy.getMaskShare(),
        policy.getRandomShare(),
        policy.getWholeWord(),
        policy.getFairseqCompatible());
  }

  public static dev.remask.schemas.MaskingPolicy encode(MaskingPolicy policy) {
    return new dev.remask.schemas.MaskingPolicy(
        MaskingKind.valueOf(policy.kind().name()),
        policy.copies(),
        SelectionKind.valueOf(policy.selection().name()),
        policy.probability(),
        policy.maskShare(),
        policy.randomShare(),
        policy.wholeWord(),
        policy.fairseqCompatible());
  }
}
