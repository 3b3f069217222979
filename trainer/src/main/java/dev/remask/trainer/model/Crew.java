package dev.remask.trainer.model;

import dev.remask.mlm.Example;
import dev.remask.trainer.Evaluation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** How a logical batch is shared out: micro-batch i goes to worker i mod n (invariant 6). */
record Crew(Workers threads, List<Worker> workers, int microBatch) {
  /** What a worker does with a micro-batch; empty if that was given up. */
  interface Pass {
    Optional<Evaluation> apply(Worker worker, MicroBatch microBatch);
  }

  /** What each worker does before its first. */
  interface Preparation {
    void apply(Worker worker);
  }

  /**
   * The sums over all examples, added in the order of the micro-batches. Empty if one was given up:
   * then the others end before their next one.
   */
  Optional<Evaluation> each(
      List<Example> examples,
      Dropout dropped,
      long step,
      Losses losses,
      Pass pass,
      Preparation preparation) {
    List<List<Example>> cut = cut(examples);
    List<Optional<Evaluation>> sums =
        new ArrayList<>(Collections.nCopies(cut.size(), Optional.<Evaluation>empty()));
    AtomicBoolean abandoned = new AtomicBoolean();
    threads.run(
        w -> {
          preparation.apply(workers.get(w));
          for (int i = w; i < cut.size() && !abandoned.get(); i += workers.size()) {
            MicroBatch some = new MicroBatch(cut.get(i), dropped, step);
            Optional<Evaluation> sum = pass.apply(workers.get(w), some);
            losses.put(i, some.losses());
            abandoned.compareAndSet(false, sum.isEmpty());
            sums.set(i, sum);
          }
        });
    return abandoned.get()
        ? Optional.empty()
        : Optional.of(
            sums.stream().flatMap(Optional::stream).reduce(Evaluation.NOTHING, Evaluation::plus));
  }

  int microBatches(List<Example> examples) {
    return (examples.size() + microBatch - 1) / microBatch;
  }

  private List<List<Example>> cut(List<Example> examples) {
    List<List<Example>> cut = new ArrayList<>();
    for (int from = 0; from < examples.size(); from += microBatch) {
      cut.add(examples.subList(from, Math.min(examples.size(), from + microBatch)));
    }
    return cut;
  }
}
