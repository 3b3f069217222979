package dev.remask.trainer.model;

import dev.remask.trainer.ModelShape;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The tensors of a flat vector by their role: weights or, over another vector, their gradients.
 * Belongs to one thread, as {@link Floats} do.
 */
record Parameters(
    Floats words,
    Floats positions,
    List<Floats> types,
    Norm embeddingNorm,
    List<Layer> layers,
    Dense head,
    Norm headNorm,
    Dense decoder,
    Optional<NextSentence> nextSentence) {

  /** LayerNorm's {@code gain[H]} and {@code shift[H]}. */
  record Norm(Floats gain, Floats shift) {}

  /** One layer; qkv is query, key and value on top of each other, {@code [3H, H]}. */
  record Layer(
      Dense qkv, Dense attentionOutput, Norm attentionNorm, Dense inner, Dense outer, Norm norm) {}

  /** BERT's next-sentence head: a dense layer on {@code <s>}, and two logits of its tanh. */
  record NextSentence(Dense pooler, Dense classifier) {}

  static Parameters over(Floats flat, Layout layout, ModelShape shape) {
    return new Views(flat, layout, shape).parameters();
  }

  private record Views(Floats flat, Layout layout, ModelShape shape) {
    Parameters parameters() {
      int hidden = shape.hidden();
      return new Parameters(
          view(Layout.WORDS, 1),
          view(Layout.POSITIONS, 1),
          types(),
          norm("roberta.embeddings.LayerNorm"),
          IntStream.range(0, shape.layers()).mapToObj(this::layer).toList(),
          dense("lm_head.dense", hidden, hidden),
          norm("lm_head.layer_norm"),
          new Dense(view(Layout.WORDS, 1), view(Layout.HEAD_BIAS, 1), hidden, shape.vocabulary()),
          shape.pairs() ? Optional.of(nextSentence()) : Optional.empty());
    }

    /** One {@code [H]} each. */
    private List<Floats> types() {
      int first = layout.tensor(Layout.TYPES).offset();
      return IntStream.range(0, shape.tokenTypes())
          .mapToObj(type -> flat.slice(first + type * shape.hidden(), shape.hidden()))
          .toList();
    }

    private NextSentence nextSentence() {
      return new NextSentence(
          dense(Layout.POOLER, shape.hidden(), shape.hidden()),
          dense(Layout.NEXT_SENTENCE, shape.hidden(), 2));
    }

    private Layer layer(int l) {
      int hidden = shape.hidden();
      return new Layer(
          new Dense(
              view(Layout.selfAttention(l, "weight").get(0), 3),
              view(Layout.selfAttention(l, "bias").get(0), 3),
              hidden,
              3 * hidden),
          dense(Layout.layer(l, "attention.output.dense"), hidden, hidden),
          norm(Layout.layer(l, "attention.output.LayerNorm")),
          dense(Layout.layer(l, "intermediate.dense"), hidden, shape.feedForward()),
          dense(Layout.layer(l, "output.dense"), shape.feedForward(), hidden),
          norm(Layout.layer(l, "output.LayerNorm")));
    }

    private Dense dense(String name, int in, int out) {
      return new Dense(view(name + ".weight", 1), view(name + ".bias", 1), in, out);
    }

    private Norm norm(String name) {
      return new Norm(view(name + ".weight", 1), view(name + ".bias", 1));
    }

    /** A tensor and those of the same size that follow it. */
    private Floats view(String name, int times) {
      Layout.Tensor tensor = layout.tensor(name);
      return flat.slice(tensor.offset(), times * tensor.length());
    }
  }
}
