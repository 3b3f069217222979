package dev.remask.app;

import dev.remask.app.Corpus.Source;
import dev.remask.app.FileTree.Root;
import dev.remask.app.Reading.Form;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The documents of files as they come, without an end: those of new files, and of files that have
 * changed. A file of lines gives each line once it has an end; one that is a document, or is
 * compressed, is taken as a whole when nobody has written to it for a second. A file of lines that
 * has become shorter is read from its beginning. Remembers size and place of each file.
 */
final class FollowedFiles implements Sources {
  /** What a file was when it was read, and how far. */
  private record Seen(long size, FileTime modified, long offset, long lines) {}

  private static final Seen NEVER = new Seen(0, FileTime.fromMillis(0), 0, 0);

  /** A part of a file. */
  private static final class Part extends InputStream {
    private final SeekableByteChannel file;
    private final long end;

    Part(SeekableByteChannel file, long from, long end) throws IOException {
      this.file = file.position(from);
      this.end = end;
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException("lines are read in blocks");
    }

    @Override
    public int read(byte[] into, int from, int most) throws IOException {
      long left = end - file.position();
      return left <= 0 ? -1 : file.read(ByteBuffer.wrap(into, from, (int) Math.min(left, most)));
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  static final Duration QUIET = Duration.ofSeconds(1);
  private static final Duration LOOK = Duration.ofMillis(200);
  private static final int BLOCK = 1 << 16;

  private final List<Root> roots;
  private final Reading reading;
  private final int charsMax;
  private final Clock clock;
  private final BooleanSupplier stop;
  private final Map<Path, Seen> seen = new HashMap<>();
  private FileTree files;
  private @Nullable LineSources lines;
  private Path path = Path.of("");

  /** What the file that is open will be when its lines are read; null if it is taken as a whole. */
  private @Nullable Seen ends;

  FollowedFiles(
      List<Root> roots, Reading reading, int charsMax, Clock clock, BooleanSupplier stop) {
    this.roots = roots;
    this.reading = reading;
    this.charsMax = charsMax;
    this.clock = clock;
    this.stop = stop;
    this.files = new FileTree(roots);
  }

  @Override
  public @Nullable Source next() throws InterruptedException {
    while (!stop.getAsBoolean()) {
      Source source = lines == null ? null : lines.next();
      if (source == null) {
        close();
        source = files.hasNext() ? visit(files.next()) : null;
      }
      if (source != null) {
        return source;
      }
      if (lines == null && !files.hasNext()) {
        await();
        files = new FileTree(roots);
      }
    }
    return null;
  }

  private void await() throws InterruptedException {
    for (Duration left = QUIET;
        left.compareTo(Duration.ZERO) > 0 && !stop.getAsBoolean();
        left = left.minus(LOOK)) {
      Thread.sleep(LOOK.toMillis());
    }
  }

  /** The document that the file is, if it is one; else its new lines are opened. */
  private @Nullable Source visit(Path file) {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      Seen before = seen.get(file);
      if (before != null
          && before.size == now.size()
          && before.modified.equals(now.lastModifiedTime())) {
        return null;
      }
      Form form = reading.formOf(file.toString());
      if (form != Form.TEXT && !Compression.is(file)) {
        goOn(file, form, now, before == null ? NEVER : before);
        return null;
      }
      return isQuiet(now) ? whole(file, form, now) : null;
    } catch (NoSuchFileException e) {
      return null; // Gone since it was seen.
    } catch (IOException e) {
      throw new Failure(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private boolean isQuiet(BasicFileAttributes now) {
    return !now.lastModifiedTime().toInstant().isAfter(clock.instant().minus(QUIET));
  }

  private @Nullable Source whole(Path file, Form form, BasicFileAttributes now) throws IOException {
    seen.put(file, new Seen(now.size(), now.lastModifiedTime(), 0, 0));
    if (form == Form.TEXT) {
      return FileSources.whole(file, reading);
    }
    open(Compression.open(Files.newInputStream(file)), file, form, 0);
    return null;
  }

  private void goOn(Path file, Form form, BasicFileAttributes now, Seen before) throws IOException {
    Seen from = before.offset <= now.size() ? before : NEVER;
    SeekableByteChannel channel = Files.newByteChannel(file);
    long end = endOfLines(channel, from.offset, now.size());
    ends = new Seen(now.size(), now.lastModifiedTime(), end, from.lines);
    open(new Part(channel, from.offset, end), file, form, from.lines);
  }

  private void open(InputStream in, Path file, Form form, long behind) {
    path = file;
    lines =
        new LineSources(
            in, FileSources.name(file), form, reading, LineSources.BY_PLACE, charsMax, behind);
  }

  /** Behind the last line that has an end; {@code from} if there is none. */
  private static long endOfLines(SeekableByteChannel file, long from, long size)
      throws IOException {
    for (long end = size; end > from; ) {
      long start = Math.max(from, end - BLOCK);
      byte[] block = new byte[(int) (end - start)];
      new Part(file, start, end).readNBytes(block, 0, block.length);
      for (int i = block.length - 1; i >= 0; i--) {
        if (block[i] == '\n') {
          return start + i + 1;
        }
      }
      end = start;
    }
    return from;
  }

  @Override
  public double share() {
    return Double.NaN;
  }

  @Override
  public void close() {
    LineSources ended = lines;
    if (ended != null && ends != null) {
      seen.put(path, new Seen(ends.size, ends.modified, ends.offset, ended.number()));
    }
    lines = null;
    ends = null;
    try {
      if (ended != null) {
        ended.close();
      }
    } catch (IOException e) {
      throw new Failure("cannot be closed: " + e.getMessage(), e);
    }
  }
}
