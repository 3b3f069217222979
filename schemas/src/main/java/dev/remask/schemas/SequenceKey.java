package dev.remask.schemas;

import java.nio.ByteBuffer;

/**
 * The key of segments and examples: partition (4 bytes) and sequence (8 bytes), big-endian, so that
 * bytes sort alike.
 */
public record SequenceKey(int partition, long sequence) {
  public static final int BYTES = 12;

  public byte[] encode() {
    return ByteBuffer.allocate(BYTES).putInt(partition).putLong(sequence).array();
  }

  /** IllegalArgumentException unless it is 12 bytes. */
  public static SequenceKey decode(byte[] key) {
    if (key.length != BYTES) {
      throw new IllegalArgumentException(
          "a sequence key has " + BYTES + " bytes, not " + key.length);
    }
    ByteBuffer buffer = ByteBuffer.wrap(key);
    return new SequenceKey(buffer.getInt(), buffer.getLong());
  }
}
