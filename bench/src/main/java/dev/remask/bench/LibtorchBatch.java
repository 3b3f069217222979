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
 * @param positions {@code [B, T]}, rows of the position table
 * @param padding {@code [B, 1, 1, T]}, added to the scores: 0, or minus infinity for a key that is
 *     padding
 * @param rows {@code [M]}, the tokens to predict in {@code [B · T]}
 * @param labels {@code [M]}
 */
record LibtorchBatch(
    int sequences,
    int length,
    Tensor tokens,
    Tensor positions,
    Tensor padding,
    Tensor rows,
    Tensor labels) {
  private static final long PAD = 1;
  private static final int FIRST_POSITION = 2;

  static LibtorchBatch of(List<Example> examples) {
    int b = examples.size();
    int t = examples.stream().mapToInt(e -> e.masked().inputs().length).max().orElseThrow();
    long[] tokens = new long[b * t];
    long[] positions = new long[b * t];
    float[] padding = new float[b * t];
    Arrays.fill(tokens, PAD);
    Arrays.fill(positions, PAD);
    Arrays.fill(padding, Float.NEGATIVE_INFINITY);
    for (int s = 0; s < b; s++) {
      int[] inputs = examples.get(s).masked().inputs();
      for (int i = 0; i < inputs.length; i++) {
        tokens[s * t + i] = inputs[i];
        positions[s * t + i] = (long) FIRST_POSITION + i;
        padding[s * t + i] = 0;
      }
    }
    return new LibtorchBatch(
        b,
        t,
        AbstractTensor.create(tokens, b, t),
        AbstractTensor.create(positions, b, t),
        AbstractTensor.create(padding, b, 1, 1, t),
        AbstractTensor.create(rows(examples, t)),
        AbstractTensor.create(
            examples.stream()
                .flatMapToInt(e -> Arrays.stream(e.masked().labels()))
                .asLongStream()
                .toArray()));
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
