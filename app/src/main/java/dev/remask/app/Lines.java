package dev.remask.app;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a stream of bytes, each ended by a line feed with or without a carriage return
 * before it. A line is held no further than a limit, however long it is.
 */
final class Lines implements AutoCloseable {
  /**
   * @param number 1 is the first line of the file
   * @param bytes without its end
   * @param cut whether it is longer than the limit: then only its beginning is here
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Line(long number, byte[] bytes, boolean cut) {
    boolean isBlank() {
      for (byte b : bytes) {
        if (b != ' ' && b != '\t' && b != '\r') {
          return false;
        }
      }
      return true;
    }
  }

  private static final int BUFFER = 1 << 16;

  private final InputStream in;
  private final int bytesMax;
  private final byte[] buffer = new byte[BUFFER];
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private int at;
  private int end;
  private long number;

  /**
   * @param behind lines of the file that are before the stream
   */
  Lines(InputStream in, int bytesMax, long behind) {
    this.in = in;
    this.bytesMax = bytesMax;
    this.number = behind;
  }

  /** Null at the end. */
  @Nullable Line next() throws IOException {
    line.reset();
    boolean any = false;
    long length = 0;
    while (at < end || fill()) {
      int stop = at;
      while (stop < end && buffer[stop] != '\n') {
        stop++;
      }
      line.write(buffer, at, Math.min(stop - at, bytesMax - line.size()));
      length += stop - at;
      any = true;
      boolean ended = stop < end;
      at = ended ? stop + 1 : stop;
      if (ended) {
        return line(length);
      }
    }
    return any ? line(length) : null;
  }

  private Line line(long length) {
    number++;
    byte[] bytes = line.toByteArray();
    boolean cut = length > bytes.length;
    if (!cut && bytes.length > 0 && bytes[bytes.length - 1] == '\r') {
      bytes = Arrays.copyOf(bytes, bytes.length - 1);
    }
    return new Line(number, bytes, cut);
  }

  private boolean fill() throws IOException {
    at = 0;
    end = Math.max(0, in.read(buffer));
    return end > 0;
  }

  /** The number of the last line. */
  long number() {
    return number;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
