package dev.remask.trainer;

import dev.remask.mlm.Example;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Says why a run ends at a step, and what that step was learning, in one line. */
final class StepFault {
  /** Replayed segments that are named: their order is shuffled, so no range would tell them. */
  private static final int NAMED = 4;

  private StepFault() {}

  /** For a step whose loss or gradient norm is not a number that can be learned from. */
  static IllegalStateException notFinite(
      long step, Work.Step work, List<Example> batch, StepResult result) {
    List<String> faults = new ArrayList<>();
    if (!Double.isFinite(result.loss())) {
      faults.add("loss is " + result.loss());
    }
    if (!Double.isFinite(result.nextSentence().lossSum())) {
      faults.add("next-sentence loss is " + result.nextSentence().loss());
    }
    if (!Double.isFinite(result.gradientNorm())) {
      faults.add("gradient norm is " + result.gradientNorm());
    }
    return new IllegalStateException(
        String.format(
            Locale.ROOT,
            "step %d: the %s; nothing of it is kept; it was learning %s",
            step,
            String.join(" and the ", faults),
            examples(work, batch)));
  }

  /** For the last of the steps that {@link Divergence} counts. */
  static IllegalStateException diverged(
      long step, Work.Step work, List<Example> batch, StepResult result, Divergence divergence) {
    return new IllegalStateException(
        String.format(
            Locale.ROOT,
            "steps %d to %d: every loss was above %.2f, far worse than guessing, the last %.2f; a new run needs a lower learning.rate or more warmup.steps; the last was learning %s",
            step - Divergence.STEPS + 1,
            step,
            divergence.lossMax(),
            result.loss(),
            examples(work, batch)));
  }

  /** So that {@code peek} can be asked for them. */
  private static String examples(Work.Step work, List<Example> batch) {
    if (work instanceof Work.Replay replay) {
      String first =
          batch.stream()
              .limit(NAMED)
              .map(example -> example.partition() + ":" + example.sequence())
              .collect(Collectors.joining(", "));
      int more = batch.size() - NAMED;
      return "segments %s%s ('remask peek --segment %s --epochs %d')"
          .formatted(first, more > 0 ? " and " + more + " more" : "", place(batch), replay.epoch());
    }
    String ranges =
        ((Work.Live) work)
            .ranges().stream()
                .map(
                    r ->
                        "%d:%d to %d:%d"
                            .formatted(r.partition(), r.start(), r.partition(), r.end() - 1))
                .collect(Collectors.joining(", "));
    return "segments %s ('remask peek --segment %s --epochs 0')".formatted(ranges, place(batch));
  }

  private static String place(List<Example> batch) {
    return batch.get(0).partition() + ":" + batch.get(0).sequence();
  }
}
