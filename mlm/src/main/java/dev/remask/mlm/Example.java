package dev.remask.mlm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A masked segment with its place.
 *
 * @param origins where its text comes from, in order; not part of the digest, as nothing that is
 *     learned depends on it
 */
public record Example(
    int epoch, int partition, long sequence, Masked masked, List<Origin> origins) {
  /**
   * Up to where tokens come from one source.
   *
   * @param source null if it is not known
   * @param end index after the last of them
   */
  public record Origin(@Nullable String source, int end) {}

  /** From anywhere. */
  public Example(int epoch, int partition, long sequence, Masked masked) {
    this(epoch, partition, sequence, masked, List.of());
  }

  /**
   * Feeds the example to a digest: epoch, partition, sequence, inputs, positions, labels; every
   * number little-endian, arrays with their length as 32 bits first.
   */
  public void update(MessageDigest digest) {
    int numbers = masked.inputs().length + masked.positions().length + masked.labels().length + 3;
    ByteBuffer out =
        ByteBuffer.allocate(16 + numbers * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(epoch).putInt(partition).putLong(sequence);
    for (int[] array : List.of(masked.inputs(), masked.positions(), masked.labels())) {
      out.putInt(array.length);
      for (int number : array) {
        out.putInt(number);
      }
    }
    digest.update(out.flip());
  }

  /** SHA-256 over the examples in this order, lower-case hexadecimal. */
  public static String sha256(List<Example> examples) {
    MessageDigest digest = Digests.sha256();
    examples.forEach(example -> example.update(digest));
    return Digests.hex(digest.digest());
  }
}
