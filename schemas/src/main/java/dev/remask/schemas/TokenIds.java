package dev.remask.schemas;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Token ids as the bytes that travel. */
public final class TokenIds {
  private TokenIds() {}

  /** The narrowest width that holds every id below {@code vocabularySize}. */
  public static TokenWidth widthFor(int vocabularySize) {
    return vocabularySize <= 1 << 16 ? TokenWidth.U16_LE : TokenWidth.I32_LE;
  }

  /** A buffer of its own, ready to be read. */
  public static ByteBuffer encode(int[] ids, TokenWidth width) {
    ByteBuffer buffer =
        ByteBuffer.allocate(ids.length * bytesPerId(width)).order(ByteOrder.LITTLE_ENDIAN);
    if (width == TokenWidth.U16_LE) {
      for (int id : ids) {
        if (id >>> 16 != 0) {
          throw new IllegalArgumentException("id " + id + " does not fit in 16 bits");
        }
        buffer.putShort((short) id);
      }
    } else {
      for (int id : ids) {
        buffer.putInt(id);
      }
    }
    return buffer.flip();
  }

  /**
   * Leaves the buffer's position as it is; IllegalArgumentException if the length is no multiple of
   * the width.
   */
  public static int[] decode(ByteBuffer bytes, TokenWidth width) {
    ByteBuffer buffer = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    int bytesPerId = bytesPerId(width);
    if (buffer.remaining() % bytesPerId != 0) {
      throw new IllegalArgumentException(
          buffer.remaining() + " bytes are no whole number of ids of width " + width);
    }
    int[] ids = new int[buffer.remaining() / bytesPerId];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = width == TokenWidth.U16_LE ? buffer.getShort() & 0xFFFF : buffer.getInt();
    }
    return ids;
  }

  private static int bytesPerId(TokenWidth width) {
    return switch (width) {
      case U16_LE -> Short.BYTES;
      case I32_LE -> Integer.BYTES;
      case UNKNOWN -> throw new IllegalArgumentException("unknown token width");
    };
  }
}
