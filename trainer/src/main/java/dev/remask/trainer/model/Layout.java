package dev.remask.trainer.model;

import dev.remask.trainer.ModelShape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where each tensor lies in a flat vector of all parameters, under Hugging Face's names. Matrices
 * come first, biases and LayerNorm last: weight decay applies to the first {@link #decayed} floats.
 * Query, key and value follow each other without a gap, so that they are one matrix to BLAS. What
 * lies between two tensors stays 0.
 */
final class Layout {
  static final String WORDS = "roberta.embeddings.word_embeddings.weight";
  static final String POSITIONS = "roberta.embeddings.position_embeddings.weight";
  static final String TYPES = "roberta.embeddings.token_type_embeddings.weight";
  static final String HEAD_BIAS = "lm_head.bias";
  static final String POOLER = "roberta.pooler.dense";

  /** As BertForPreTraining names it; RobertaForMaskedLM has no place for it. */
  static final String NEXT_SENTENCE = "cls.seq_relationship";

  /** Rows of the position table before that of a segment's first token: pad id + 1. */
  static final int FIRST_POSITION = 2;

  private static final int ALIGNMENT = 16;

  /** One tensor; a vector has one dimension. */
  record Tensor(String name, List<Integer> shape, int offset) {
    int length() {
      return shape.stream().reduce(1, Math::multiplyExact);
    }
  }

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private long end;
  final int decayed;
  final int length;

  Layout(ModelShape shape) {
    matrices(shape);
    align();
    decayed = Math.toIntExact(end);
    vectors(shape);
    align();
    length = Math.toIntExact(end);
  }

  static String layer(int layer, String rest) {
    return "roberta.encoder.layer." + layer + "." + rest;
  }

  List<Tensor> tensors() {
    return List.copyOf(tensors.values());
  }

  Tensor tensor(String name) {
    return find(name).orElseThrow(() -> new IllegalStateException("no tensor " + name));
  }

  Optional<Tensor> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  static boolean isNextSentenceHead(Tensor tensor) {
    return tensor.name().startsWith(POOLER) || tensor.name().startsWith(NEXT_SENTENCE);
  }

  private void matrices(ModelShape shape) {
    int hidden = shape.hidden();
    group(List.of(WORDS), shape.vocabulary(), hidden);
    group(List.of(POSITIONS), shape.positions() + FIRST_POSITION, hidden);
    group(List.of(TYPES), shape.tokenTypes(), hidden);
    for (int l = 0; l < shape.layers(); l++) {
      group(selfAttention(l, "weight"), hidden, hidden);
      group(List.of(layer(l, "attention.output.dense.weight")), hidden, hidden);
      group(List.of(layer(l, "intermediate.dense.weight")), shape.feedForward(), hidden);
      group(List.of(layer(l, "output.dense.weight")), hidden, shape.feedForward());
    }
    group(List.of("lm_head.dense.weight"), hidden, hidden);
    if (shape.pairs()) {
      group(List.of(POOLER + ".weight"), hidden, hidden);
      group(List.of(NEXT_SENTENCE + ".weight"), 2, hidden);
    }
  }

  private void vectors(ModelShape shape) {
    int hidden = shape.hidden();
    norm("roberta.embeddings.LayerNorm", hidden);
    for (int l = 0; l < shape.layers(); l++) {
      group(selfAttention(l, "bias"), hidden);
      group(List.of(layer(l, "attention.output.dense.bias")), hidden);
      norm(layer(l, "attention.output.LayerNorm"), hidden);
      group(List.of(layer(l, "intermediate.dense.bias")), shape.feedForward());
      group(List.of(layer(l, "output.dense.bias")), hidden);
      norm(layer(l, "output.LayerNorm"), hidden);
    }
    group(List.of("lm_head.dense.bias"), hidden);
    norm("lm_head.layer_norm", hidden);
    group(List.of(HEAD_BIAS), shape.vocabulary());
    if (shape.pairs()) {
      group(List.of(POOLER + ".bias"), hidden);
      group(List.of(NEXT_SENTENCE + ".bias"), 2);
    }
  }

  static List<String> selfAttention(int layer, String kind) {
    return List.of(
        layer(layer, "attention.self.query." + kind),
        layer(layer, "attention.self.key." + kind),
        layer(layer, "attention.self.value." + kind));
  }

  private void norm(String name, int width) {
    group(List.of(name + ".weight"), width);
    group(List.of(name + ".bias"), width);
  }

  /** Tensors of one shape, without a gap between them. */
  private void group(List<String> names, Integer... shape) {
    align();
    long count = 1;
    for (int size : shape) {
      count *= size;
    }
    for (String name : names) {
      if (end + count > Floats.MAX_LENGTH - ALIGNMENT) {
        throw new IllegalArgumentException(
            "the model has more than " + Floats.MAX_LENGTH + " parameters; allowed: fewer");
      }
      tensors.put(name, new Tensor(name, List.of(shape), (int) end));
      end += count;
    }
  }

  private void align() {
    end = (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
