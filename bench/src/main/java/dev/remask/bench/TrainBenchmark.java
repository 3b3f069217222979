package dev.remask.bench;

import dev.remask.mlm.Example;
import dev.remask.trainer.model.Stages;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Tokens a second of forward and backward passes with dropout, two threads with a micro-batch each,
 * next to the same model in libtorch; and the most memory that a process of each takes.
 */
final class TrainBenchmark implements Benchmark {
  private static final double GIGA = 1e9;
  private static final int PER_CENT = 100;

  @Override
  public List<Row> run(Setup setup) throws Exception {
    List<Row> rows = new ArrayList<>();
    for (TrainedModel model : List.of(TrainedModel.TINY, TrainedModel.BASE)) {
      LibtorchRoberta.Dropout plain = LibtorchRoberta.Dropout.plain(TrainedModel.DROPOUT);
      LibtorchRoberta.Dropout drawn = LibtorchRoberta.Dropout.drawnByFours(TrainedModel.DROPOUT);
      rows.add(speed(model, model.name(), plain, setup));
      if (LibtorchPeer.isHere()) {
        rows.add(speed(model, model.name() + "-drawn", drawn, setup));
        rows.add(PeakMemory.row(model));
      }
    }
    return rows;
  }

  private static Row speed(
      TrainedModel model, String name, LibtorchRoberta.Dropout dropout, Setup setup)
      throws Exception {
    List<Example> batch = model.examples(TrainedModel.THREADS);
    double tokens = TrainedModel.tokens(batch);
    Measure measure = new Measure(name, "tokens/s", setup.runs(), TrainedModel.WARM_UP);
    try (Stages ours = model.ours();
        MatrixProducts products = new MatrixProducts(model.shape(), TrainedModel.THREADS)) {
      setup.notes().accept(name + ": " + ours.fingerprint());
      Rounds rounds = new Rounds(ours, batch);
      Measure.Run run =
          () -> {
            products.measure();
            return Timing.rate(tokens, rounds);
          };
      Row row = row(measure, run, model, batch, dropout, setup);
      double used = row.value() * model.shape().operations(batch) / tokens / GIGA;
      double most = products.median() / GIGA;
      setup
          .notes()
          .accept(
              String.format(
                  Locale.ROOT,
                  "%s: %.0f GFLOP/s of matrix products, %.0f %% of the %.0f that sgemm alone does here",
                  name,
                  used,
                  PER_CENT * used / most,
                  most));
      return row;
    }
  }

  private static Row row(
      Measure measure,
      Measure.Run run,
      TrainedModel model,
      List<Example> batch,
      LibtorchRoberta.Dropout dropout,
      Setup setup)
      throws Exception {
    if (!LibtorchPeer.isHere()) {
      setup.notes().accept(model.name() + ": without its peer: no libtorch for this system");
      return measure.alone(run);
    }
    double tokens = TrainedModel.tokens(batch);
    try (LibtorchPeer peer = model.libtorch(batch, dropout)) {
      return measure.against("libtorch", run, () -> Timing.rate(tokens, peer::backpropagate));
    }
  }

  /** Steps are numbered on, so that each draws its own dropout. */
  private static final class Rounds implements Timing.Work {
    private final Stages model;
    private final List<Example> batch;
    private long step;

    Rounds(Stages model, List<Example> batch) {
      this.model = model;
      this.batch = batch;
    }

    @Override
    public long run() {
      return Double.doubleToLongBits(model.backpropagate(batch, ++step).lossSum());
    }
  }
}
