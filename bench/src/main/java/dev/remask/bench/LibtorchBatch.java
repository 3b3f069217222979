package dev.remask.bench;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Tensor;

/**
 * Examples as libtorch takes them: padded to the longest.
 *
 * @param tokens {@code [B, T]}
 * @param types {@code [B, T]}, 1 from the second part on
 * @param positions {@code [B, T]}, rows of the position table
 * @param padding {@code [B, 1, 1, T]}, added to the scores: 0, or minus infinity for a key that is
 *     padding
 * @param rows {@code [M]}, the tokens to predict in {@code [B · T]}
 * @param labels {@code [M]}
 * @param notNext {@code [B]}, 0 for a second part that follows the first, 1 for any other
 */
record LibtorchBatch(
    int sequences,
    int length,
    Tensor tokens,
    Tensor types,
    Tensor positions,
    Tensor padding,
    Tensor rows,
    Tensor labels,
    Tensor notNext) {
  private static final long PAD = 1;
  private static final int FIRST_POSITION = 2;

  static LibtorchBatch of(List<Example> examples) {
    int b = examples.size();
    int t = examples.stream().mapToInt(e -> e.masked().inputs().length).max().orElseThrow();
    long[] tokens = new long[b * t];
    long[] types = new long[b * t];
    long[] notNext = new long[b];
    long[] positions = new long[b * t];
    float[] padding = new float[b * t];
    Arrays.fill(tokens, PAD);
    Arrays.fill(positions, PAD);
    Arrays.fill(padding, Float.NEGATIVE_INFINITY);
    for (int s = 0; s < b; s++) {
      int[] inputs = examples.get(s).masked().inputs();
      int second = examples.get(s).secondPart();
      notNext[s] = Boolean.TRUE.equals(examples.get(s).nextSentence()) ? 0 : 1;
      for (int i = 0; i < inputs.length; i++) {
        tokens[s * t + i] = inputs[i];
        positions[s * t + i] = (long) FIRST_POSITION + i;
        padding[s * t + i] = 0;
        types[s * t + i] = second != Example.ONE_PART && i >= second ? 1 : 0;
      }
    }
    return new LibtorchBatch(
        b,
        t,
        AbstractTensor.create(tokens, b, t),
        AbstractTensor.create(types, b, t),
        AbstractTensor.create(positions, b, t),
        AbstractTensor.create(padding, b, 1, 1, t),
        AbstractTensor.create(rows(examples, t)),
        AbstractTensor.create(
            examples.stream()
                .flatMapToInt(e -> Arrays.stream(e.masked().labels()))
                .asLongStream()
                .toArray()),
        AbstractTensor.create(notNext));
  }

  private static long[] rows(List<Example> examples, int t) {
    long[] rows = new long[examples.stream().mapToInt(e -> e.masked().positions().length).sum()];
    int row = 0;
    for (int s = 0; s < examples.size(); s++) {
      Masked masked = examples.get(s).masked();
      for (int position : masked.positions()) {
        rows[row++] = (long) s * t + position;
      }
    }
    return rows;
  }
}
