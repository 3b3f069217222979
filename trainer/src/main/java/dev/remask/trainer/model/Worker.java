package dev.remask.trainer.model;

import dev.remask.trainer.Evaluation;
import dev.remask.trainer.ModelShape;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * One thread's share of the training: its own activations and its own vector of gradients, over
 * weights that all workers read.
 */
final class Worker {
  /**
   * What a part of the network is built from.
   *
   * @param sequences of a micro-batch, at most
   */
  record Context(
      ModelShape shape,
      Parameters weights,
      Parameters gradients,
      Kernels kernels,
      int sequences,
      Arena arena) {
    Floats floats(long length) {
      return arena.floats(length);
    }

    /** {@code [N, width]} for the largest N. */
    Floats rows(int width) {
      return arena.floats((long) sequences * shape.positions() * width);
    }
  }

  final Floats gradient;
  private final Embeddings embeddings;
  private final List<EncoderLayer> layers;
  private final MaskedHead head;
  private final Optional<NextSentenceHead> nextSentence;
  private final Floats d; // [N, H]

  Worker(Context context, Floats gradient) {
    this.gradient = gradient;
    this.embeddings = new Embeddings(context);
    EncoderLayer.Scratch scratch = EncoderLayer.Scratch.of(context);
    this.layers =
        IntStream.range(0, context.shape().layers())
            .mapToObj(l -> new EncoderLayer(context, l, scratch))
            .toList();
    this.head = new MaskedHead(context);
    this.nextSentence =
        context
            .weights()
            .nextSentence()
            .map(
                weights ->
                    new NextSentenceHead(
                        context, weights, context.gradients().nextSentence().orElseThrow()));
    this.d = context.rows(context.shape().hidden());
  }

  /** What a worker takes from its arena, its gradient aside. */
  static long floats(ModelShape shape, int sequences) {
    long rows = (long) sequences * shape.positions();
    long hidden = shape.hidden();
    long layer = rows * (8 * hidden + 2L * shape.feedForward() + 2);
    long attention = Attention.floats(shape, sequences);
    long shared = rows * (6 * hidden + shape.feedForward()); // scratch and d
    return rows * (2 * hidden + 1)
        + shape.layers() * (layer + attention)
        + shared
        + MaskedHead.floats(shape, sequences)
        + NextSentenceHead.floats(shape, sequences);
  }

  /**
   * Adds the gradients of a micro-batch's summed loss; empty, with some of them added, if it was
   * given up.
   *
   * @param pairWeight of a pair's next-sentence loss, beside that of a token
   * @param abandons asked before each layer: a micro-batch may take many seconds
   */
  Optional<Evaluation> learn(MicroBatch batch, double pairWeight, BooleanSupplier abandons) {
    Optional<Floats> output = encode(batch, abandons);
    if (output.isEmpty()) {
      return Optional.empty();
    }
    Floats encoded = output.get();
    Evaluation sums = head.learn(batch, encoded, d);
    if (nextSentence.isPresent()) {
      sums = sums.with(nextSentence.get().learn(batch, encoded, pairWeight, d));
    }
    for (int l = layers.size() - 1; l >= 0; l--) {
      if (abandons.getAsBoolean()) {
        return Optional.empty();
      }
      layers.get(l).backward(batch, l == 0 ? embeddings.out() : layers.get(l - 1).out(), d);
    }
    embeddings.backward(batch, d);
    return Optional.of(sums);
  }

  /**
   * Empty if it was given up.
   *
   * @param abandons asked before each layer
   */
  Optional<Evaluation> score(MicroBatch batch, BooleanSupplier abandons) {
    return encode(batch, abandons)
        .map(
            encoded -> {
              Evaluation sums = head.score(batch, encoded);
              return nextSentence.map(n -> sums.with(n.score(batch, encoded))).orElse(sums);
            });
  }

  /** The feed-forward part's product of so many rows, and nothing else; no result reads it. */
  void multiply(int rows) {
    layers.get(0).multiply(rows);
  }

  /** {@code [V]}, of the first token to predict; valid until the next call. */
  Floats logits(MicroBatch batch) {
    return head.logits(batch, encode(batch));
  }

  /** {@code [V]}, of the first token to predict; valid until the next call. */
  Floats probabilities(MicroBatch batch) {
    return head.probabilities(batch, encode(batch));
  }

  private Floats encode(MicroBatch batch) {
    return encode(batch, () -> false).orElseThrow();
  }

  private Optional<Floats> encode(MicroBatch batch, BooleanSupplier abandons) {
    Floats encoded = embeddings.forward(batch);
    for (EncoderLayer layer : layers) {
      if (abandons.getAsBoolean()) {
        return Optional.empty();
      }
      encoded = layer.forward(batch, encoded);
    }
    return Optional.of(encoded);
  }
}
