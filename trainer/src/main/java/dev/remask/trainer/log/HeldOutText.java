package dev.remask.trainer.log;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masker;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.Segment;
import dev.remask.schemas.TokenIds;
import dev.remask.schemas.Topics;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.Learner;
import dev.remask.trainer.Unigram;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Held-out segments under fixed masks, and the unigram baseline, as they are when it is made. The
 * same run gets the same masks each time (invariant 1), so scores can be compared. Not thread-safe.
 */
public final class HeldOutText {
  private static final int CHUNK = 64;

  private final List<Example> examples;
  private final Evaluation unigram;

  HeldOutText(List<Example> examples, Unigram unigram) {
    this.examples = List.copyOf(examples);
    this.unigram = unigram.evaluate(examples);
  }

  /**
   * Reads the first held-out segments of each partition, and all training segments for the
   * baseline.
   *
   * @param clients what every client gets
   * @param plan any of the run's: seed and policy
   * @param segmentsMax at most so many, an equal share of each partition
   */
  public static HeldOutText read(
      Map<String, ?> clients, Topics topics, Dataset dataset, EpochPlan plan, int segmentsMax) {
    int vocabularySize = dataset.getVocabularySize();
    MaskingPolicy policy = Examples.policy(plan.getPolicy());
    Masker masker = Examples.masker(plan, dataset);
    int share = Math.max(1, segmentsMax / dataset.getPartitions());
    List<Example> examples = new ArrayList<>();
    LogReader.readAll(
        clients,
        topics.heldOut(dataset.getName(), dataset.getPartitions()),
        record -> {
          if (record.value().getSequence() < share) {
            examples.add(masked(masker, record.value()));
          }
        });
    examples.sort(Comparator.comparingInt(Example::partition).thenComparing(Example::sequence));
    Unigram unigram = new Unigram(policy, vocabularySize);
    LogReader.readAll(
        clients,
        topics.segments(dataset.getName(), dataset.getPartitions()),
        record -> unigram.count(tokens(record.value())));
    return new HeldOutText(examples, unigram);
  }

  /** Number of segments. */
  public int size() {
    return examples.size();
  }

  /** Scores the model as it is now. */
  public HeldOutScore score(Learner learner) {
    Evaluation model = Evaluation.NOTHING;
    for (int from = 0; from < examples.size(); from += CHUNK) {
      int to = Math.min(from + CHUNK, examples.size());
      model = model.plus(learner.evaluate(examples.subList(from, to)));
    }
    return new HeldOutScore(model, unigram);
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
