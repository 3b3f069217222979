package dev.remask.app;

import dev.remask.app.Corpus.Source;
import dev.remask.app.FileTree.Folders;
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
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The documents of files as they come, without an end: those of new files, and of files that have
 * changed. A file of lines gives each line once it has an end; one that is a document, or is
 * compressed, is taken as a whole when nobody has written to it for a second. A file of lines whose
 * part that was read is not there any more, as another took its place or it was cut, is read from
 * its beginning. What cannot be read, a folder too, is told once, and read as soon as it can be.
 * Remembers size, place and a hash of each file that is there.
 */
final class FollowedFiles implements Sources {
  /**
   * What a file is at one time.
   *
   * @param key which file the name means; null where the file system has no such thing
   */
  private record Look(long size, FileTime modified, @Nullable Object key) {
    static final Look NONE = new Look(0, FileTime.fromMillis(0), null);

    static Look at(Path file) throws IOException {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return new Look(now.size(), now.lastModifiedTime(), now.fileKey());
    }
  }

  /**
   * What a file was when it was read, and how far.
   *
   * @param tail hash of what stands right before the offset
   */
  private record Seen(Look look, long offset, long lines, long tail) {
    boolean goesOn(Look now, SeekableByteChannel file) throws IOException {
      return offset <= now.size
          && Objects.equals(look.key, now.key)
          && tail == FollowedFiles.tail(file, offset);
    }
  }

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

  private static final Seen NEVER = new Seen(Look.NONE, 0, 0, 0);

  static final Duration QUIET = Duration.ofSeconds(1);
  private static final Duration LOOK = Duration.ofMillis(200);
  private static final int BLOCK = 1 << 16;
  private static final int TAIL = 1 << 12;

  private final List<Root> roots;
  private final Folders folders;
  private final Reading reading;
  private final int charsMax;
  private final Clock clock;
  private final BooleanSupplier stop;
  private final Map<Path, Seen> seen = new HashMap<>();
  private Map<Path, Look> lastRound = new HashMap<>();
  private Map<Path, Look> round = new HashMap<>();
  private final Set<Path> closed = new HashSet<>();
  private final Queue<Source> told = new ArrayDeque<>();
  private FileTree files;
  private @Nullable LineSources lines;
  private Path path = Path.of("");

  /** What the file that is open will be when its lines are read; null if it is taken as a whole. */
  private @Nullable Seen ends;

  FollowedFiles(
      List<Root> roots,
      Folders folders,
      Reading reading,
      int charsMax,
      Clock clock,
      BooleanSupplier stop) {
    this.roots = roots;
    this.folders = folders;
    this.reading = reading;
    this.charsMax = charsMax;
    this.clock = clock;
    this.stop = stop;
    this.files = tree();
  }

  private FileTree tree() {
    return new FileTree(roots, this::names);
  }

  /** None of a folder that cannot be read, which is told unless it was before. */
  private List<Path> names(Path folder) {
    try {
      List<Path> names = folders.names(folder);
      boolean unused = closed.remove(folder);
      return names;
    } catch (IOException e) {
      if (closed.add(folder)) {
        told.add(FileSources.unreadable(folder, reading, e));
      }
      return List.of();
    }
  }

  @Override
  public @Nullable Source next() throws InterruptedException {
    while (!stop.getAsBoolean()) {
      Source source = lines == null ? null : lines.next();
      if (source == null) {
        close();
        source = files.hasNext() ? visit(files.next()) : null;
      }
      source = source == null ? told.poll() : source;
      if (source != null) {
        return source;
      }
      if (lines == null && !files.hasNext()) {
        await();
        nextRound();
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

  /** Forgets what is not there any more, as far as one can see. */
  private void nextRound() {
    closed.removeIf(Files::notExists);
    seen.keySet()
        .removeIf(file -> !round.containsKey(file) && closed.stream().noneMatch(file::startsWith));
    lastRound = round;
    round = new HashMap<>();
    files = tree();
  }

  /** The document that the file is, if it is one; else its new lines are opened. */
  private @Nullable Source visit(Path file) {
    Seen before = seen.get(file);
    Look now = Look.NONE;
    try {
      now = Look.at(file);
      round.put(file, now);
      if (before != null && before.look.equals(now)) {
        return null;
      }
      Form form = reading.formOf(file.toString());
      if (form != Form.TEXT && !Compression.is(file)) {
        goOn(file, form, now, before);
        return null;
      }
      return isQuiet(file, now) ? whole(file, form, now) : null;
    } catch (NoSuchFileException e) {
      return null; // Gone since it was seen.
    } catch (IOException e) {
      seen.put(file, new Seen(now, 0, 0, 0));
      boolean told = before != null && before.look.equals(now);
      return told ? null : FileSources.unreadable(file, reading, e);
    }
  }

  /** By the clock, or as it was a round ago: the clock that dates files may be another. */
  private boolean isQuiet(Path file, Look now) {
    return !now.modified.toInstant().isAfter(clock.instant().minus(QUIET))
        || now.equals(lastRound.get(file));
  }

  private @Nullable Source whole(Path file, Form form, Look now) throws IOException {
    seen.put(file, new Seen(now, 0, 0, 0));
    if (form == Form.TEXT) {
      return FileSources.whole(file, reading);
    }
    open(Compression.open(Files.newInputStream(file)), file, form, 0);
    return null;
  }

  private void goOn(Path file, Form form, Look now, @Nullable Seen before) throws IOException {
    SeekableByteChannel channel = Files.newByteChannel(file);
    try {
      Seen from = before != null && before.goesOn(now, channel) ? before : NEVER;
      long end = endOfLines(channel, from.offset, now.size);
      ends = new Seen(now, end, from.lines, tail(channel, end));
      open(new Part(channel, from.offset, end), file, form, from.lines);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Of at most {@value #TAIL} bytes. */
  private static long tail(SeekableByteChannel file, long end) throws IOException {
    long start = Math.max(0, end - TAIL);
    return Fingerprints.of(new Part(file, start, end).readNBytes((int) (end - start)));
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
      seen.put(path, new Seen(ends.look, ends.offset, ended.number(), ends.tail));
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
