package dev.remask.trainer.log;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masker;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.Segment;
import dev.remask.schemas.TokenIds;
import dev.remask.schemas.Topics;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.HeldOutScore;
import dev.remask.trainer.Learner;
import dev.remask.trainer.Unigram;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntUnaryOperator;

/**
 * Held-out segments under fixed masks, and the baselines, as they are when it is made. The same run
 * gets the same masks each time (invariant 1), so scores can be compared. Not thread-safe.
 */
public final class HeldOutText {
  private static final int CHUNK = 64;

  /** Training segments that the baselines are counted over, at most; enough for any vocabulary. */
  private static final int COUNTED_MAX = 1 << 17;

  /** Each transaction of the packer leaves a marker, which takes an offset as a segment does. */
  private static final int OFFSETS_PER_SEGMENT = 4;

  private final List<Example> examples;
  private final Evaluation unigram;
  private final Evaluation copying;
  private final long bytes;
  private final long maskBytes;
  private final boolean complete;

  /**
   * @param textBytes that a token stands for
   * @param complete whether it will never be more
   */
  HeldOutText(
      List<Example> examples, Unigram unigram, IntUnaryOperator textBytes, boolean complete) {
    this.examples = List.copyOf(examples);
    this.unigram = unigram.evaluate(examples);
    this.copying = unigram.evaluateCopying(examples);
    this.complete = complete;
    long all = 0;
    long atMask = 0;
    for (Example example : examples) {
      for (int m = 0; m < example.masked().positions().length; m++) {
        int label = textBytes.applyAsInt(example.masked().labels()[m]);
        all += label;
        int input = example.masked().inputs()[example.masked().positions()[m]];
        atMask += unigram.isMask(input) ? label : 0;
      }
    }
    this.bytes = all;
    this.maskBytes = atMask;
  }

  /**
   * Reads the first held-out segments of each partition, and the first training segments for the
   * baselines.
   *
   * @param clients what every client gets
   * @param plan any of the run's: seed and policy
   * @param segmentsMax at most so many, an equal share of each partition
   */
  public static HeldOutText read(
      Map<String, ?> clients, Topics topics, Dataset dataset, EpochPlan plan, int segmentsMax) {
    int partitions = dataset.getPartitions();
    MaskingPolicy policy = Examples.policy(plan.getPolicy());
    Masker masker = Examples.masker(plan, dataset);
    int share = Math.max(1, segmentsMax / partitions);
    List<Example> examples = new ArrayList<>();
    boolean more =
        LogReader.readFirst(
            clients,
            topics.heldOut(dataset.getName(), partitions),
            (long) OFFSETS_PER_SEGMENT * share,
            record -> {
              if (record.value().getSequence() < share) {
                examples.add(masked(masker, record.value()));
              }
            });
    examples.sort(Comparator.comparingInt(Example::partition).thenComparing(Example::sequence));
    Unigram unigram = new Unigram(policy, dataset.getVocabularySize());
    more &=
        LogReader.readFirst(
            clients,
            topics.segments(dataset.getName(), partitions),
            Math.max(1, COUNTED_MAX / partitions),
            record -> unigram.count(tokens(record.value())));
    Vocabulary vocabulary = Examples.vocabulary(dataset);
    return new HeldOutText(examples, unigram, vocabulary::textBytes, more);
  }

  /** Number of segments. */
  public int size() {
    return examples.size();
  }

  /** Whether reading it again gives the same, however the logs grow. */
  boolean complete() {
    return complete;
  }

  /** Scores the model as it is now. */
  public HeldOutScore score(Learner learner) {
    return score(learner, () -> false).orElseThrow();
  }

  /**
   * The same.
   *
   * @param abandons asked often, by any thread
   * @return empty if it was given up
   */
  Optional<HeldOutScore> score(Learner learner, BooleanSupplier abandons) {
    Evaluation model = Evaluation.NOTHING;
    for (int from = 0; from < examples.size(); from += CHUNK) {
      int to = Math.min(from + CHUNK, examples.size());
      Optional<Evaluation> part = learner.evaluate(examples.subList(from, to), abandons);
      if (part.isEmpty()) {
        return Optional.empty();
      }
      model = model.plus(part.get());
    }
    return Optional.of(
        new HeldOutScore(examples.size(), model, unigram, copying, bytes, maskBytes));
  }

  private static Example masked(Masker masker, Segment segment) {
    int partition = segment.getPartition();
    long sequence = segment.getSequence();
    return new Example(
        Masker.EVALUATION,
        partition,
        sequence,
        masker.mask(Masker.EVALUATION, partition, sequence, tokens(segment)));
  }

  private static int[] tokens(Segment segment) {
    return TokenIds.decode(segment.getTokens(), segment.getWidth());
  }
}
