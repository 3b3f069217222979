package dev.remask.trainer;

import dev.remask.mlm.ReplayOrder.Range;
import dev.remask.schemas.TrainingStep;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Learning recorded steps again, and whether that gives the same (invariant 8). Bits are promised
 * where the numerics are those recorded and the weights before the step are those that the recorder
 * had: from the first step of other numerics on they are not, until a recorded hash of the weights
 * is met again.
 */
final class Redo {
  /**
   * How far loss and gradient norm may be apart, relative to the recorded value, where bits are not
   * promised.
   */
  static final double TOLERANCE = 1e-3;

  private boolean exact;
  private long near;
  private long hashes;

  /**
   * @param exact whether the weights that it begins with are those of the recorder, as far as is
   *     known
   */
  Redo(boolean exact) {
    this.exact = exact;
  }

  /** What the step learned from. */
  static Work.Step work(TrainingStep recorded) {
    if (recorded.getOrderStart() >= 0) {
      return new Work.Replay(recorded.getEpoch(), recorded.getOrderStart(), recorded.getOrderEnd());
    }
    List<Range> ranges =
        recorded.getLiveRanges().stream()
            .map(range -> new Range(range.getPartition(), range.getStart(), range.getEnd()))
            .toList();
    return new Work.Live(ranges);
  }

  /** Whether the weights now are those of the recorder, as far as is known. */
  boolean exact() {
    return exact;
  }

  /** Steps that were compared within the tolerance only. */
  long near() {
    return near;
  }

  /** Steps whose weights have the recorded hash. */
  long hashes() {
    return hashes;
  }

  /**
   * StepDiffers with the first difference. Examples and learning rate must be equal; loss, gradient
   * norm and the hash of the weights bit for bit where that is promised, else loss and norm within
   * the tolerance.
   */
  void requireSame(TrainingStep was, TrainingStep is) {
    long step = was.getStep();
    require(step, "step", step, is.getStep());
    require(step, "examples", was.getExamples(), is.getExamples());
    require(step, "SHA-256 of the examples", was.getExamplesSha256(), is.getExamplesSha256());
    require(step, "predicted tokens", was.getMaskedTokens(), is.getMaskedTokens());
    require(step, "tokens", was.getRealTokens(), is.getRealTokens());
    require(step, "learning rate", was.getLearningRate(), is.getLearningRate());
    String hash = was.getParametersSha256();
    if (exact && was.getFingerprint().equals(is.getFingerprint())) {
      require(step, "loss", was.getLoss(), is.getLoss());
      require(step, "gradient norm", was.getGradientNorm(), is.getGradientNorm());
      require(step, "next-sentence loss", was.getNextSentenceLoss(), is.getNextSentenceLoss());
      require(
          step,
          "next-sentence accuracy",
          was.getNextSentenceAccuracy(),
          is.getNextSentenceAccuracy());
      if (tokens(was).equals(tokens(is))) {
        require(step, "loss by source", was.getSources(), is.getSources());
      }
      if (hash != null) {
        require(step, "SHA-256 of the weights", hash, is.getParametersSha256());
        hashes++;
      }
      return;
    }
    requireNear(step, "loss", was.getLoss(), is.getLoss());
    requireNear(step, "gradient norm", was.getGradientNorm(), is.getGradientNorm());
    requireNear(
        step,
        "next-sentence loss",
        orNone(was.getNextSentenceLoss()),
        orNone(is.getNextSentenceLoss()));
    near++;
    exact = hash != null && hash.equals(is.getParametersSha256());
    hashes += exact ? 1 : 0;
  }

  /**
   * Which sources a step names decides nothing: older maskers and older records have none, and what
   * is learned does not depend on them. Only where they are the same can their losses be compared.
   */
  private static List<String> tokens(TrainingStep step) {
    return step.getSources().stream()
        .map(loss -> loss.getTokens() + " of " + loss.getSources() + " " + loss.getSource())
        .toList();
  }

  private void require(long step, String what, @Nullable Object was, @Nullable Object is) {
    if (!Objects.equals(was, is)) {
      throw new StepDiffers(step, what, String.valueOf(was), String.valueOf(is), "", near, hashes);
    }
  }

  /** -1, which no loss is, for a step without pairs. */
  private static double orNone(@Nullable Double loss) {
    return loss == null ? -1 : loss;
  }

  private void requireNear(long step, String what, double was, double is) {
    if (!(Math.abs(is - was) <= TOLERANCE * Math.abs(was))) {
      throw new StepDiffers(
          step,
          what,
          Double.toString(was),
          Double.toString(is),
          " within " + TOLERANCE,
          near,
          hashes);
    }
  }
}
