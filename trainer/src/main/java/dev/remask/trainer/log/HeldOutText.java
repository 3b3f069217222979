package dev.remask.trainer.log;

import dev.remask.mlm.Example;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.HeldOutScore;
import dev.remask.trainer.Learner;
import dev.remask.trainer.Unigram;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntUnaryOperator;

/**
 * Held-out segments under fixed masks, and the baselines, as they are when it is made. Not
 * thread-safe.
 */
public final class HeldOutText {
  private static final int CHUNK = 64;

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
}
