package dev.remask.topology;

import dev.remask.mlm.Masker;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.MaskingKind;
import dev.remask.schemas.SelectionKind;
import java.util.BitSet;
import java.util.function.Supplier;

/** The masking policy as a function understands it, as a plan records it, and at work. */
public final class MaskingPolicies {
  private MaskingPolicies() {}

  /**
   * As the mask function takes it.
   *
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

  /**
   * Makes the mask functions of a plan, one for each thread. Where the policy masks whole words,
   * the dataset's vocabulary is read, once for all of them.
   */
  public static Supplier<Masker> maskers(EpochPlan plan, Dataset dataset) {
    MaskingPolicy policy = decode(plan.getPolicy());
    BitSet wordStarts =
        policy.wholeWord()
            ? Vocabulary.parse(PackingTopology.bytes(dataset.getTokenizer())).wordStarts()
            : new BitSet();
    return () ->
        new Masker(
            plan.getSeed(), plan.getDataset(), policy, dataset.getVocabularySize(), wordStarts);
  }

  /** As a plan records it. */
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
