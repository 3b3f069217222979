package dev.remask.trainer.model;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.trainer.ModelShape;
import java.util.List;

/**
 * The tokens of some sequences one after another, without padding: N tokens, M of them to predict.
 * Either all sequences are pairs or none is.
 */
final class MicroBatch {
  /** Where each sequence begins, and N at the end. */
  private final int[] starts;

  private final int[] tokens; // [N]
  private final int[] rows; // [M], the tokens to predict
  private final int[] labels; // [M]
  private final int[] parts; // where each part begins, types 0 and 1 in turn, and N at the end
  private final boolean[] nextSentence; // of each sequence, if they are pairs
  private final double[] losses; // [M]
  private final long[] keys; // of each sequence's dropout
  private final Dropout dropout;

  /** With {@link Dropout#NONE} to score. */
  MicroBatch(List<Example> examples, Dropout dropout, long step) {
    this.dropout = dropout;
    this.starts = new int[examples.size() + 1];
    this.keys = new long[examples.size()];
    int predictions = 0;
    for (int s = 0; s < examples.size(); s++) {
      Example example = examples.get(s);
      keys[s] = dropout.key(step, example.epoch(), example.partition(), example.sequence());
      starts[s + 1] = starts[s] + example.masked().inputs().length;
      predictions += example.masked().positions().length;
    }
    this.nextSentence = new boolean[isPair(examples) ? examples.size() : 0];
    this.parts = parts(examples);
    this.tokens = new int[starts[examples.size()]];
    this.rows = new int[predictions];
    this.labels = new int[predictions];
    this.losses = new double[predictions];
    int row = 0;
    for (int s = 0; s < examples.size(); s++) {
      place(s, row, examples.get(s).masked());
      row += examples.get(s).masked().positions().length;
    }
  }

  private static boolean isPair(List<Example> examples) {
    return !examples.isEmpty() && examples.get(0).secondPart() != Example.ONE_PART;
  }

  /** Without pairs all tokens are of type 0, in one part. */
  private int[] parts(List<Example> examples) {
    if (nextSentence.length == 0) {
      return new int[] {0, starts[examples.size()]};
    }
    int[] begins = new int[2 * examples.size() + 1];
    for (int s = 0; s < examples.size(); s++) {
      Example example = examples.get(s);
      nextSentence[s] = Boolean.TRUE.equals(example.nextSentence());
      begins[2 * s] = starts[s];
      begins[2 * s + 1] = starts[s] + example.secondPart();
    }
    begins[2 * examples.size()] = starts[examples.size()];
    return begins;
  }

  private void place(int s, int row, Masked masked) {
    int start = starts[s];
    System.arraycopy(masked.inputs(), 0, tokens, start, masked.inputs().length);
    for (int i = 0; i < masked.positions().length; i++) {
      rows[row + i] = start + masked.positions()[i];
      labels[row + i] = masked.labels()[i];
    }
  }

  /** IllegalArgumentException that names the example, if the model cannot learn from it. */
  static void check(Example example, ModelShape shape) {
    checkTokens(example, shape);
    Example.partsFault(
            shape.pairs(),
            example.masked().inputs().length,
            example.secondPart(),
            example.nextSentence())
        .ifPresent(
            fault -> {
              throw new IllegalArgumentException(name(example) + fault);
            });
  }

  private static String name(Example example) {
    return "example of epoch %d, partition %d, sequence %d: "
        .formatted(example.epoch(), example.partition(), example.sequence());
  }

  /** The same, but for its parts. */
  static void checkTokens(Example example, ModelShape shape) {
    Masked masked = example.masked();
    String name = name(example);
    int length = masked.inputs().length;
    if (length < 1 || length > shape.positions()) {
      throw new IllegalArgumentException(
          name + length + " tokens; allowed: 1 to " + shape.positions());
    }
    checkIds(name + "token ", masked.inputs(), shape);
    checkIds(name + "label ", masked.labels(), shape);
    if (masked.positions().length != masked.labels().length) {
      throw new IllegalArgumentException(
          name + masked.positions().length + " positions, " + masked.labels().length + " labels");
    }
    int previous = -1;
    for (int position : masked.positions()) {
      if (position <= previous || position >= length) {
        throw new IllegalArgumentException(
            name + "masked position " + position + "; allowed: ascending, 0 to " + (length - 1));
      }
      previous = position;
    }
  }

  private static void checkIds(String name, int[] ids, ModelShape shape) {
    for (int id : ids) {
      if (id < 0 || id >= shape.vocabulary()) {
        throw new IllegalArgumentException(
            name + id + "; allowed: 0 to " + (shape.vocabulary() - 1));
      }
    }
  }

  int sequences() {
    return keys.length;
  }

  int size() {
    return tokens.length;
  }

  int start(int sequence) {
    return starts[sequence];
  }

  int length(int sequence) {
    return starts[sequence + 1] - starts[sequence];
  }

  /** Each of one token type: of part p it is p mod 2. */
  int parts() {
    return parts.length - 1;
  }

  /** The index of a part's first token. */
  int part(int part) {
    return parts[part];
  }

  int partLength(int part) {
    return parts[part + 1] - parts[part];
  }

  /** Whether the second part of a sequence follows the first in its document. */
  boolean isNextSentence(int sequence) {
    return nextSentence[sequence];
  }

  int token(int index) {
    return tokens[index];
  }

  int predictions() {
    return rows.length;
  }

  /** The token that a prediction is about. */
  int row(int prediction) {
    return rows[prediction];
  }

  int label(int prediction) {
    return labels[prediction];
  }

  void lose(int prediction, double loss) {
    losses[prediction] = loss;
  }

  /** Of each prediction {@code [M]}, in nats; 0 before a pass has been over it. */
  double[] losses() {
    return losses;
  }

  boolean hasDropout() {
    return dropout.isActive();
  }

  /** The dropout of a sequence at a site. */
  Dropout.Mask mask(int sequence, int site) {
    return dropout.mask(keys[sequence], site);
  }
}
