package dev.remask.bench;

import dev.remask.mlm.Example;
import dev.remask.trainer.model.Stages;
import java.util.List;

/**
 * What a step does beside its passes: reduction over the workers, norm, clipping, AdamW; as a share
 * of the time that a step of 256 sequences takes, on the larger model, which has ten times the
 * parameters of the other.
 */
final class OptimizerBenchmark implements Benchmark {
  private static final int LOGICAL_BATCH = 256;
  private static final int PER_CENT = 100;
  private static final double LEARNING_RATE = 1e-4;
  private static final int ROUNDS = 5;

  @Override
  public List<Row> run(Setup setup) throws Exception {
    TrainedModel model = TrainedModel.BASE;
    List<Example> batch = model.examples(TrainedModel.THREADS);
    Measure measure = new Measure("optimizer", "updates/s", setup.runs());
    try (Stages ours = model.ours()) {
      ours.backpropagate(batch, 1);
      Updates updates = new Updates(ours);
      Row row = rates(measure, updates, model, batch, setup);
      double passes = passes(ours, batch) * LOGICAL_BATCH / batch.size();
      double update = 1 / row.value();
      double share = update / (update + passes);
      return List.of(
          new Row(
              row.name(),
              PER_CENT * share,
              "% of a step of " + LOGICAL_BATCH,
              row.peer(),
              row.ratio(),
              row.runs(),
              row.spread()));
    }
  }

  private static Row rates(
      Measure measure, Updates updates, TrainedModel model, List<Example> batch, Setup setup)
      throws Exception {
    if (!LibtorchPeer.isHere()) {
      setup.notes().accept("optimizer: without its peer: no libtorch for this system");
      return measure.alone(() -> Timing.rate(1, updates));
    }
    try (LibtorchPeer peer = model.libtorch(batch)) {
      peer.backpropagate();
      return measure.against(
          "libtorch AdamW",
          () -> Timing.rate(1, updates),
          () -> Timing.rate(1, () -> peer.update(LEARNING_RATE)));
    }
  }

  /** Seconds of one round of passes. */
  private static double passes(Stages ours, List<Example> batch) throws Exception {
    double[] seconds = new double[ROUNDS];
    for (int warmUp = 0; warmUp < 2 * ROUNDS; warmUp++) {
      ours.backpropagate(batch, 1);
    }
    for (int i = 0; i < ROUNDS; i++) {
      seconds[i] =
          Timing.seconds(() -> Double.doubleToLongBits(ours.backpropagate(batch, 1).lossSum()));
    }
    return Measure.median(seconds);
  }

  /** Steps are numbered on, as in training. */
  private static final class Updates implements Timing.Work {
    private final Stages model;
    private long step;

    Updates(Stages model) {
      this.model = model;
    }

    @Override
    public long run() {
      return Double.doubleToLongBits(model.update(LEARNING_RATE, ++step));
    }
  }
}
