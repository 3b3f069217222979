package dev.remask.schemas;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.InvalidNumberEncodingException;
import org.apache.avro.io.Decoder;
import org.apache.avro.util.Utf8;

/**
 * Avro's binary encoding of one array of bytes, where no length is believed before the bytes are
 * there: Avro's own decoder allocates what a length asks for, so that ten hostile bytes can ask for
 * gigabytes. A string that is not UTF-8, as the specification has it, is refused: Avro's own
 * decoder replaces what it cannot read. An array or a map may claim at most one item per byte that
 * is left, which excludes no item but those that take no bytes at all.
 */
final class BoundedDecoder extends Decoder {
  private static final int INT_BYTES_MAX = 5;
  private static final int LONG_BYTES_MAX = 10;

  private final ByteBuffer bytes;

  BoundedDecoder(byte[] payload, int offset) {
    bytes = ByteBuffer.wrap(payload, offset, payload.length - offset);
    bytes.order(ByteOrder.LITTLE_ENDIAN);
  }

  int remaining() {
    return bytes.remaining();
  }

  @Override
  public void readNull() {}

  @Override
  public boolean readBoolean() throws IOException {
    require(1);
    return bytes.get() == 1;
  }

  @Override
  public int readInt() throws IOException {
    long value = readVarint(INT_BYTES_MAX);
    if (value != (int) value) {
      throw new InvalidNumberEncodingException("an int does not fit in 32 bits");
    }
    return (int) value;
  }

  @Override
  public long readLong() throws IOException {
    return readVarint(LONG_BYTES_MAX);
  }

  @Override
  public float readFloat() throws IOException {
    require(Float.BYTES);
    return bytes.getFloat();
  }

  @Override
  public double readDouble() throws IOException {
    require(Double.BYTES);
    return bytes.getDouble();
  }

  @Override
  public Utf8 readString(Utf8 old) throws IOException {
    return new Utf8(readString());
  }

  @Override
  public String readString() throws IOException {
    byte[] utf8 = readArray(readLength());
    String text = new String(utf8, StandardCharsets.UTF_8);
    // Where nothing was replaced, nothing was wrong.
    return text.indexOf('\uFFFD') < 0 ? text : readStrictly(utf8);
  }

  private static String readStrictly(byte[] utf8) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      // Not the cause itself: an I/O error would pass for one of the registry's.
      throw new AvroRuntimeException("a string is not UTF-8");
    }
  }

  @Override
  public void skipString() throws IOException {
    skip(readLength());
  }

  @Override
  public ByteBuffer readBytes(ByteBuffer old) throws IOException {
    return ByteBuffer.wrap(readArray(readLength()));
  }

  @Override
  public void skipBytes() throws IOException {
    skip(readLength());
  }

  @Override
  public void readFixed(byte[] target, int start, int length) throws IOException {
    require(length);
    bytes.get(target, start, length);
  }

  @Override
  public void skipFixed(int length) throws IOException {
    require(length);
    skip(length);
  }

  @Override
  public int readEnum() throws IOException {
    return readInt();
  }

  @Override
  public int readIndex() throws IOException {
    return readInt();
  }

  @Override
  public long readArrayStart() throws IOException {
    return readBlockCount();
  }

  @Override
  public long arrayNext() throws IOException {
    return readBlockCount();
  }

  @Override
  public long skipArray() throws IOException {
    return skipBlocks();
  }

  @Override
  public long readMapStart() throws IOException {
    return readBlockCount();
  }

  @Override
  public long mapNext() throws IOException {
    return readBlockCount();
  }

  @Override
  public long skipMap() throws IOException {
    return skipBlocks();
  }

  /** Items in the next block, 0 at the end. A negative count is followed by the block's bytes. */
  private long readBlockCount() throws IOException {
    long count = readLong();
    if (count < 0) {
      readLength();
      count = -count;
    }
    // Long.MIN_VALUE is its own negative.
    if (count < 0 || count > bytes.remaining()) {
      throw new EOFException(
          "a block of " + count + " items in the " + bytes.remaining() + " bytes that are left");
    }
    return count;
  }

  /** Skips the blocks whose bytes are known; the items of the next one must be skipped singly. */
  private long skipBlocks() throws IOException {
    long count = readLong();
    while (count < 0) {
      skip(readLength());
      count = readLong();
    }
    if (count > bytes.remaining()) {
      throw new EOFException(
          "a block of " + count + " items in the " + bytes.remaining() + " bytes that are left");
    }
    return count;
  }

  private int readLength() throws IOException {
    long length = readLong();
    require(length);
    return (int) length;
  }

  private byte[] readArray(int length) {
    byte[] array = new byte[length];
    bytes.get(array);
    return array;
  }

  private void skip(int length) {
    bytes.position(bytes.position() + length);
  }

  private void require(long length) throws EOFException {
    if (length < 0 || length > bytes.remaining()) {
      throw new EOFException(
          length + " bytes are announced and " + bytes.remaining() + " are left");
    }
  }

  /** Zig-zag, seven bits a byte, low bits first. */
  private long readVarint(int bytesMax) throws IOException {
    long raw = 0;
    for (int i = 0; i < bytesMax; i++) {
      require(1);
      byte next = bytes.get();
      raw |= (long) (next & 0x7F) << (7 * i);
      if (next >= 0) {
        return (raw >>> 1) ^ -(raw & 1);
      }
    }
    throw new InvalidNumberEncodingException("a number of more than " + bytesMax + " bytes");
  }
}
