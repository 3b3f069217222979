package dev.remask.trainer.log;

import dev.remask.mlm.Example;
import dev.remask.mlm.Example.Origin;
import dev.remask.mlm.Masked;
import dev.remask.mlm.Masker;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.Segment;
import dev.remask.schemas.SourceSpan;
import dev.remask.schemas.SourceSpans;
import dev.remask.schemas.TokenIds;
import dev.remask.schemas.TokenWidth;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** From what travels to what is learned. */
final class Examples {
  private Examples() {}

  /**
   * IllegalStateException unless all ids, positions and parts are possible ones.
   *
   * @param pairs whether the segments have two parts
   */
  static Example of(MaskedExample record, int vocabularySize, boolean pairs) {
    int[] inputs = TokenIds.decode(record.getInputs(), record.getWidth());
    int[] positions = TokenIds.decode(record.getPositions(), TokenWidth.U16_LE);
    int[] labels = TokenIds.decode(record.getLabels(), record.getWidth());
    requireBelow(record, "token", inputs, vocabularySize);
    requireBelow(record, "label", labels, vocabularySize);
    if (positions.length != labels.length || !ascendingBelow(inputs.length, positions)) {
      throw impossible(
          record,
          "%d labels at positions %s of %d tokens"
              .formatted(labels.length, Arrays.toString(positions), inputs.length));
    }
    int secondPart = record.getSecondPart();
    Boolean nextSentence = record.getNextSentence();
    Example.partsFault(pairs, inputs.length, secondPart, nextSentence)
        .ifPresent(
            fault -> {
              throw impossible(record, fault);
            });
    return new Example(
        record.getEpoch(),
        record.getPartition(),
        record.getSequence(),
        new Masked(inputs, positions, labels),
        secondPart,
        nextSentence,
        origins(record.getSources()));
  }

  /**
   * A segment masked for an epoch. IllegalStateException unless its parts are possible.
   *
   * @param pairs whether the segments have two parts
   */
  static Example masked(Segment segment, Masker masker, int epoch, boolean pairs) {
    int partition = segment.getPartition();
    long sequence = segment.getSequence();
    int[] tokens = TokenIds.decode(segment.getTokens(), segment.getWidth());
    int secondPart = segment.getSecondPart();
    Boolean nextSentence = segment.getNextSentence();
    Example.partsFault(pairs, tokens.length, secondPart, nextSentence)
        .ifPresent(
            fault -> {
              throw new IllegalStateException(
                  "the segment of partition %d, sequence %d is impossible: %s"
                      .formatted(partition, sequence, fault));
            });
    return new Example(
        epoch,
        partition,
        sequence,
        masker.mask(epoch, partition, sequence, tokens),
        secondPart,
        nextSentence,
        origins(SourceSpans.of(segment)));
  }

  private static List<Origin> origins(List<SourceSpan> sources) {
    return sources.stream()
        .map(span -> new Origin(shared(span.getSource()), span.getEnd()))
        .toList();
  }

  /** Many examples of few sources wait in memory. */
  private static @Nullable String shared(@Nullable String source) {
    return source == null ? null : source.intern();
  }

  /** The mask function of a plan. The vocabulary is read only if the policy masks whole words. */
  static Masker masker(EpochPlan plan, Dataset dataset) {
    MaskingPolicy policy = policy(plan.getPolicy());
    BitSet wordStarts = policy.wholeWord() ? vocabulary(dataset).wordStarts() : new BitSet();
    return new Masker(
        plan.getSeed(), plan.getDataset(), policy, dataset.getVocabularySize(), wordStarts);
  }

  static Vocabulary vocabulary(Dataset dataset) {
    ByteBuffer json = dataset.getTokenizer().duplicate();
    byte[] bytes = new byte[json.remaining()];
    json.get(bytes);
    return Vocabulary.parse(bytes);
  }

  /** The policy of a plan; a value that is not known here is refused. */
  static MaskingPolicy policy(dev.remask.schemas.MaskingPolicy policy) {
    MaskingPolicy.Kind kind =
        switch (policy.getKind()) {
          case DYNAMIC -> MaskingPolicy.Kind.DYNAMIC;
          case STATIC -> MaskingPolicy.Kind.STATIC;
          case UNKNOWN -> throw new IllegalStateException("unknown kind of masking: " + policy);
        };
    MaskingPolicy.Selection selection =
        switch (policy.getSelection()) {
          case EXACT -> MaskingPolicy.Selection.EXACT;
          case BERNOULLI -> MaskingPolicy.Selection.BERNOULLI;
          case UNKNOWN -> throw new IllegalStateException("unknown selection: " + policy);
        };
    return new MaskingPolicy(
        kind,
        policy.getCopies(),
        selection,
        policy.getProbability(),
        policy.getMaskShare(),
        policy.getRandomShare(),
        policy.getWholeWord(),
        policy.getFairseqCompatible());
  }

  private static void requireBelow(MaskedExample record, String what, int[] ids, int limit) {
    for (int id : ids) {
      if (id < 0 || id >= limit) {
        throw impossible(record, "%s %d; allowed are 0 to %d".formatted(what, id, limit - 1));
      }
    }
  }

  private static IllegalStateException impossible(MaskedExample record, String fault) {
    return new IllegalStateException(
        "the example of epoch %d, partition %d, sequence %d is impossible: %s"
            .formatted(record.getEpoch(), record.getPartition(), record.getSequence(), fault));
  }

  private static boolean ascendingBelow(int limit, int[] positions) {
    int last = -1;
    for (int position : positions) {
      if (position <= last || position >= limit) {
        return false;
      }
      last = position;
    }
    return true;
  }
}
