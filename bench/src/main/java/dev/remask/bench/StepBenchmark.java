package dev.remask.bench;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masker;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.mlm.Vocabulary;
import dev.remask.trainer.Learner;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.model.AdamW;
import dev.remask.trainer.model.Initialization;
import dev.remask.trainer.model.Roberta;
import dev.remask.trainer.model.Settings;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Tokens a second of whole training steps of the demo's model: forward, backward, reduction,
 * clipping, AdamW. Padding does not exist; unmasked tokens count.
 */
final class StepBenchmark implements Benchmark {
  private static final ModelShape SHAPE = new ModelShape(2, 64, 2, 256, 2_048, 64);
  private static final Settings SETTINGS =
      new Settings(Initialization.SHORT_RUN, AdamW.ROBERTA, 0, 1, 2, 32);
  private static final int BATCH = 64;
  private static final int BATCHES = 8;

  /** Steps are numbered from 1 and go on through warm-up and runs, as in training. */
  private static final class Training {
    private final Learner model;
    private final List<List<Example>> batches;
    private final double tokens;
    private long step;

    Training(Learner model, List<List<Example>> batches) {
      this.model = model;
      this.batches = batches;
      this.tokens =
          batches.stream()
              .flatMap(List::stream)
              .mapToLong(example -> example.masked().inputs().length)
              .sum();
    }

    double rate() throws Exception {
      return Timing.rate(tokens, this::steps);
    }

    private long steps() {
      double loss = 0;
      for (List<Example> batch : batches) {
        loss += model.step(batch, 1e-3, ++step).loss();
      }
      return Double.doubleToLongBits(loss);
    }
  }

  @Override
  public List<Row> run(Setup setup) throws Exception {
    List<List<Example>> batches =
        IntStream.range(0, BATCHES).mapToObj(i -> batch(new Random(i))).toList();
    Measure measure = new Measure("step", "tokens/s", setup.runs());
    try (Learner fastest = Roberta.create(SHAPE, SETTINGS);
        Learner scalar = Roberta.createScalar(SHAPE, SETTINGS)) {
      setup.notes().accept("step: " + fastest.fingerprint());
      Training ours = new Training(fastest, batches);
      if (fastest.fingerprint().equals(scalar.fingerprint())) {
        setup.notes().accept("step: without its peer: this Java runs the scalar kernels alone");
        return List.of(measure.alone(ours::rate));
      }
      return List.of(measure.against("scalar", ours::rate, new Training(scalar, batches)::rate));
    }
  }

  /** Random tokens in sequences a little shorter than the longest, as packing leaves them. */
  private static List<Example> batch(Random random) {
    int mask = SHAPE.vocabulary() - 1;
    Masker masker =
        new Masker(random.nextLong(), "bench", MaskingPolicy.ROBERTA, SHAPE.vocabulary());
    return IntStream.range(0, BATCH)
        .mapToObj(
            sequence -> {
              int length = SHAPE.positions() - random.nextInt(4);
              int[] tokens = random.ints(length, Vocabulary.UNK + 1, mask).toArray();
              return new Example(0, 0, sequence, masker.mask(0, 0, sequence, tokens));
            })
        .toList();
  }
}
