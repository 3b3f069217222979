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

  @Override
  public List<Row> run(Setup setup) throws Exception {
    List<Row> rows = new ArrayList<>();
    for (TrainedModel model : List.of(TrainedModel.TINY, TrainedModel.BASE)) {
      rows.add(speed(model, setup));
      if (LibtorchPeer.isHere()) {
        rows.add(PeakMemory.row(model));
      }
    }
    return rows;
  }

  private static Row speed(TrainedModel model, Setup setup) throws Exception {
    List<Example> batch = model.examples(TrainedModel.THREADS);
    double tokens = TrainedModel.tokens(batch);
    Measure measure = new Measure(model.name(), "tokens/s", setup.runs(), TrainedModel.WARM_UP);
    try (Stages ours = model.ours();
        MatrixProducts products = new MatrixProducts(model.shape(), TrainedModel.THREADS)) {
      Measure.Run run = () -> Timing.rate(tokens, new Rounds(ours, batch));
      setup.notes().accept(model.name() + ": " + ours.fingerprint());
      Row row = against(measure, run, model, batch, products, setup);
      double used = row.value() * model.flops(batch) / tokens;
      setup
          .notes()
          .accept(
              String.format(
                  Locale.ROOT,
                  "%s: %.0f GFLOP/s of matrix products, %.0f %% of the %.0f that sgemm alone does here",
                  model.name(),
                  used / GIGA,
                  100 * used / products.median(),
                  products.median() / GIGA));
      return row;
    }
  }

  private static Row against(
      Measure measure,
      Measure.Run run,
      TrainedModel model,
      List<Example> batch,
      MatrixProducts products,
      Setup setup)
      throws Exception {
    Measure.Run watched =
        () -> {
          products.measure();
          return run.value();
        };
    if (!LibtorchPeer.isHere()) {
      setup.notes().accept(model.name() + ": without its peer: no libtorch for this system");
      return measure.alone(watched);
    }
    double tokens = TrainedModel.tokens(batch);
    try (LibtorchPeer peer = model.libtorch(batch)) {
      return measure.against("libtorch", watched, () -> Timing.rate(tokens, peer::backpropagate));
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
