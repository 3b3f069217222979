package dev.remask.app;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * What is gzip or zstd is known by its first bytes, whatever its name: no text in UTF-8 begins with
 * them.
 */
final class Compression {
  private static final int BUFFER = 1 << 16;
  private static final int GZIP = 0x1F8B;
  private static final int ZSTD = 0x28B52FFD;
  private static final Pattern ENDING = Pattern.compile("\\.(gz|zst)$");

  /**
   * Waits where it is asked whether more comes: a GZIPInputStream takes 0 for the end, and further
   * members are lost where the stream has not yet got them.
   */
  private static final class Awaited extends PushbackInputStream {
    Awaited(InputStream in) {
      super(in, 1);
    }

    @Override
    public int available() throws IOException {
      int there = super.available();
      if (there > 0) {
        return there;
      }
      int next = read();
      if (next < 0) {
        return 0;
      }
      unread(next);
      return 1;
    }
  }

  private Compression() {}

  /** The stream, decompressed if it is compressed. */
  static InputStream open(InputStream raw) throws IOException {
    try {
      InputStream in = new BufferedInputStream(raw, BUFFER);
      in.mark(Integer.BYTES);
      int first = first(in);
      in.reset();
      return isGzip(first)
          ? new GZIPInputStream(new Awaited(in), BUFFER)
          : first == ZSTD ? new ZstdInputStreamNoFinalizer(in) : in;
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  static boolean is(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      int first = first(in);
      return isGzip(first) || first == ZSTD;
    }
  }

  private static int first(InputStream in) throws IOException {
    int first = 0;
    for (byte b : in.readNBytes(Integer.BYTES)) {
      first = (first << 8) | (b & 0xFF);
    }
    return first;
  }

  private static boolean isGzip(int first) {
    return first >>> 16 == GZIP;
  }

  /** The name of what is inside. */
  static String inner(String name) {
    return ENDING.matcher(name).replaceFirst("");
  }
}
