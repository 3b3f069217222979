package dev.remask.trainer;

import dev.remask.mlm.ReplayOrder.Range;
import dev.remask.schemas.TrainingStep;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A recorded step, and whether learning it again gave the same. */
final class Redo {
  /**
   * How far loss and gradient norm may be apart, relative to the recorded value, where the numerics
   * are others than those recorded.
   */
  static final double TOLERANCE = 1e-3;

  private Redo() {}

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

  /**
   * IllegalStateException that names the step and the first difference. Examples and learning rate
   * must be equal; loss, gradient norm and parameters bit for bit under one fingerprint, else loss
   * and norm within the tolerance.
   */
  static void requireSame(TrainingStep was, TrainingStep is) {
    long step = was.getStep();
    require(step, "step", step, is.getStep());
    require(step, "examples", was.getExamples(), is.getExamples());
    require(step, "SHA-256 of the examples", was.getExamplesSha256(), is.getExamplesSha256());
    require(step, "predicted tokens", was.getMaskedTokens(), is.getMaskedTokens());
    require(step, "tokens", was.getRealTokens(), is.getRealTokens());
    require(step, "learning rate", was.getLearningRate(), is.getLearningRate());
    if (was.getFingerprint().equals(is.getFingerprint())) {
      require(step, "loss", was.getLoss(), is.getLoss());
      require(step, "gradient norm", was.getGradientNorm(), is.getGradientNorm());
      if (was.getParametersSha256() != null) {
        require(step, "parameters", was.getParametersSha256(), is.getParametersSha256());
      }
    } else {
      requireNear(step, "loss", was.getLoss(), is.getLoss());
      requireNear(step, "gradient norm", was.getGradientNorm(), is.getGradientNorm());
    }
  }

  private static void require(long step, String what, Object was, @Nullable Object is) {
    if (!was.equals(is)) {
      throw new IllegalStateException(
          "step %d cannot be redone: %s was %s, is %s".formatted(step, what, was, is));
    }
  }

  private static void requireNear(long step, String what, double was, double is) {
    if (!(Math.abs(is - was) <= TOLERANCE * Math.abs(was))) {
      throw new IllegalStateException(
          "step %d cannot be redone within %s: %s was %s, is %s"
              .formatted(step, TOLERANCE, what, was, is));
    }
  }
}
