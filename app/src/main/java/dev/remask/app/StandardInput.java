package dev.remask.app;

import dev.remask.app.Corpus.Place;
import dev.remask.app.Corpus.Source;
import dev.remask.app.Reading.Form;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The documents of standard input: one a line unless another form is given. What has no id of its
 * own has one made of its content, as its place in the stream means nothing the next time.
 */
final class StandardInput implements Sources {
  /** Read on a thread of its own, as nothing else can end a wait for input. */
  private static final class Pumped extends InputStream {
    private static final int BLOCK = 1 << 16;
    private static final int BLOCKS = 16;
    private static final byte[] END = new byte[0];

    private final BlockingQueue<byte[]> blocks = new ArrayBlockingQueue<>(BLOCKS);
    private final BooleanSupplier stop;
    private volatile @Nullable IOException failure;
    private byte[] block = new byte[1];
    private int at = 1;

    Pumped(InputStream in, BooleanSupplier stop) {
      this.stop = stop;
      Thread pump = new Thread(() -> pump(in), "remask-input");
      pump.setDaemon(true);
      pump.start();
    }

    private void pump(InputStream in) {
      try {
        try {
          byte[] buffer = new byte[BLOCK];
          for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            if (read > 0) {
              blocks.put(Arrays.copyOf(buffer, read));
            }
          }
        } catch (IOException e) {
          failure = e;
        }
        blocks.put(END);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** False at the end, and where it was asked to stop. */
    private boolean fill() throws IOException {
      try {
        byte @Nullable [] next = null;
        while (next == null && block != END && !stop.getAsBoolean()) {
          next = blocks.poll(200, TimeUnit.MILLISECONDS);
        }
        block = next == null ? END : next;
        at = 0;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        block = END;
      }
      if (block == END && failure != null) {
        throw failure;
      }
      return block != END;
    }

    @Override
    public int read() throws IOException {
      return at < block.length || fill() ? block[at++] & 0xFF : -1;
    }

    @Override
    public int read(byte[] into, int from, int most) throws IOException {
      if (at == block.length && !fill()) {
        return -1;
      }
      int read = Math.min(most, block.length - at);
      System.arraycopy(block, at, into, from, read);
      at += read;
      return read;
    }

    @Override
    public int available() {
      return block.length - at;
    }
  }

  private static final String NAME = "stdin";
  private static final Form UNLESS_GIVEN = Form.LINES;

  /** Of the 64 of a SHA-256. */
  private static final int DIGITS = 32;

  private final InputStream in;
  private final Reading reading;
  private final int charsMax;
  private final Form form;
  private @Nullable LineSources lines;
  private boolean ended;

  StandardInput(InputStream in, Reading reading, int charsMax, BooleanSupplier stop) {
    this.in = new Pumped(in, stop);
    this.reading = reading;
    this.charsMax = charsMax;
    this.form = reading.form() == null ? UNLESS_GIVEN : reading.form();
  }

  @Override
  public @Nullable Source next() {
    if (ended) {
      return null;
    }
    try {
      InputStream text = lines == null ? Compression.open(in) : in;
      if (form == Form.TEXT) {
        return whole(text);
      }
      if (lines == null) {
        lines = new LineSources(text, NAME, form, reading, (place, line) -> id(line), charsMax, 0);
      }
      return lines.next();
    } catch (IOException e) {
      throw new Failure("standard input cannot be read: " + Reading.said(e), e);
    }
  }

  private Source whole(InputStream text) throws IOException {
    ended = true;
    byte[] bytes = text.readNBytes(Content.bytesMax(charsMax) + 1);
    return new Source(id(bytes), reading.source(), new Place(NAME), Content.of(bytes));
  }

  private static String id(byte[] content) {
    return NAME + "-" + HexFormat.of().formatHex(Fingerprints.sha256(content)).substring(0, DIGITS);
  }

  @Override
  public double share() {
    return Double.NaN;
  }

  @Override
  public void close() {
    ended = true;
  }
}
