package dev.remask.mlm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A masked segment with its place.
 *
 * @param secondPart index of the first token of the second part; {@link #ONE_PART} without one
 * @param nextSentence whether the second part follows the first in its document; null without one
 * @param origins where its text comes from, in order; not part of the digest, as nothing that is
 *     learned depends on it
 */
public record Example(
    int epoch,
    int partition,
    long sequence,
    Masked masked,
    int secondPart,
    @Nullable Boolean nextSentence,
    List<Origin> origins) {
  public static final int ONE_PART = -1;

  /**
   * Up to where tokens come from one source.
   *
   * @param source null if it is not known
   * @param end index after the last of them
   */
  public record Origin(@Nullable String source, int end) {}

  /** With one part, from anywhere. */
  public Example(int epoch, int partition, long sequence, Masked masked) {
    this(epoch, partition, sequence, masked, List.of());
  }

  /** With one part. */
  public Example(int epoch, int partition, long sequence, Masked masked, List<Origin> origins) {
    this(epoch, partition, sequence, masked, ONE_PART, null, origins);
  }

  /** From anywhere. */
  public Example(
      int epoch,
      int partition,
      long sequence,
      Masked masked,
      int secondPart,
      @Nullable Boolean nextSentence) {
    this(epoch, partition, sequence, masked, secondPart, nextSentence, List.of());
  }

  /**
   * What is impossible about the parts of a segment.
   *
   * @param pair whether it should have two
   * @return empty if nothing is
   */
  public static Optional<String> partsFault(
      boolean pair, int length, int secondPart, @Nullable Boolean nextSentence) {
    if (!pair) {
      return secondPart == ONE_PART && nextSentence == null
          ? Optional.empty()
          : Optional.of(
              "second part at %d, next sentence %s; allowed: one part, as the input format has no pairs"
                  .formatted(secondPart, nextSentence));
    }
    if (secondPart < 1 || secondPart >= length) {
      return Optional.of(
          "second part at %d of %d tokens; allowed: 1 to %d, as the input format has pairs"
              .formatted(secondPart, length, length - 1));
    }
    return nextSentence == null
        ? Optional.of("two parts, but no next-sentence label")
        : Optional.empty();
  }

  /**
   * Feeds the example to a digest: epoch, partition, sequence, inputs, positions, labels, and if
   * there is a second part, its index and 1 if it is the next sentence, else 0; every number
   * little-endian, arrays with their length as 32 bits first.
   */
  public void update(MessageDigest digest) {
    int numbers = masked.inputs().length + masked.positions().length + masked.labels().length + 5;
    ByteBuffer out =
        ByteBuffer.allocate(16 + numbers * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(epoch).putInt(partition).putLong(sequence);
    for (int[] array : List.of(masked.inputs(), masked.positions(), masked.labels())) {
      out.putInt(array.length);
      for (int number : array) {
        out.putInt(number);
      }
    }
    if (secondPart != ONE_PART) {
      out.putInt(secondPart).putInt(Boolean.TRUE.equals(nextSentence) ? 1 : 0);
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
