package dev.remask.bench;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masker;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.mlm.Vocabulary;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.model.AdamW;
import dev.remask.trainer.model.Initialization;
import dev.remask.trainer.model.Settings;
import dev.remask.trainer.model.Stages;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** A model that is measured next to libtorch, and what it is fed. */
record TrainedModel(String name, ModelShape shape, int microBatch) {
  static final TrainedModel TINY =
      new TrainedModel("tiny", new ModelShape(4, 256, 4, 1_024, 8_192, 128), 16);

  /** Two of roberta-base's twelve layers. */
  static final TrainedModel BASE =
      new TrainedModel("base", new ModelShape(2, 768, 12, 3_072, 50_265, 128), 8);

  static final double DROPOUT = 0.1;
  static final int THREADS = 2;

  /** The compiler needs a dozen rounds until it has compiled all kernels for good. */
  static final Duration WARM_UP = Duration.ofSeconds(8);

  /** Full segments, {@code threads} micro-batches: neither side computes padding. */
  List<Example> examples(int threads) {
    Masker masker = new Masker(1, "bench", MaskingPolicy.ROBERTA, shape.vocabulary());
    Random random = new Random(1);
    int mask = shape.vocabulary() - 1;
    return IntStream.range(0, threads * microBatch)
        .mapToObj(
            sequence -> {
              int[] tokens = random.ints(shape.positions(), Vocabulary.UNK + 1, mask).toArray();
              return new Example(0, 0, sequence, masker.mask(0, 0, sequence, tokens));
            })
        .toList();
  }

  static double tokens(List<Example> batch) {
    return batch.stream().mapToLong(example -> example.masked().inputs().length).sum();
  }

  private static double masked(List<Example> batch) {
    return batch.stream().mapToLong(example -> example.masked().positions().length).sum();
  }

  Stages ours() {
    Settings settings =
        new Settings(Initialization.ROBERTA, AdamW.ROBERTA, DROPOUT, 1, THREADS, microBatch);
    return new Stages(shape, settings, masked(examples(THREADS)));
  }

  LibtorchPeer libtorch(List<Example> batch) {
    return libtorch(batch, LibtorchRoberta.Dropout.plain(DROPOUT));
  }

  LibtorchPeer libtorch(List<Example> batch, LibtorchRoberta.Dropout dropout) {
    List<List<Example>> microBatches =
        IntStream.range(0, batch.size() / microBatch)
            .mapToObj(i -> batch.subList(i * microBatch, (i + 1) * microBatch))
            .toList();
    return new LibtorchPeer(shape, microBatches, dropout);
  }
}
