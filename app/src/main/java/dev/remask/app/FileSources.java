package dev.remask.app;

import dev.remask.app.Corpus.Place;
import dev.remask.app.Corpus.Source;
import dev.remask.app.FileTree.Root;
import dev.remask.app.Reading.Form;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The documents of files, one file open at a time. The id of a file that is a document is its path
 * as it was given, normalized; that of a line, unless it has one in a field, the path, a colon and
 * the line's number.
 */
final class FileSources implements Sources {
  /** What was read of a file, compressed as it is. */
  private static final class Counted extends FilterInputStream {
    private long bytes;

    Counted(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int b = super.read();
      bytes += b < 0 ? 0 : 1;
      return b;
    }

    @Override
    public int read(byte[] into, int from, int most) throws IOException {
      int read = super.read(into, from, most);
      bytes += Math.max(0, read);
      return read;
    }
  }

  private final FileTree files;
  private final Reading reading;
  private final int charsMax;
  private final double bytes;
  private long behind;
  private @Nullable LineSources lines;
  private @Nullable Counted open;

  /** Looks at the sizes of all of them first. */
  FileSources(List<Root> roots, Reading reading, int charsMax) {
    this.files = new FileTree(roots);
    this.reading = reading;
    this.charsMax = charsMax;
    double sum = 0;
    for (FileTree all = new FileTree(roots); all.hasNext(); ) {
      sum += size(all.next());
    }
    this.bytes = sum;
  }

  @Override
  public @Nullable Source next() {
    while (true) {
      if (lines != null) {
        Source source = lines.next();
        if (source != null) {
          return source;
        }
        close();
      }
      if (!files.hasNext()) {
        return null;
      }
      Path file = files.next();
      Form form = reading.formOf(file.toString());
      if (form == Form.TEXT) {
        behind += size(file);
        return whole(file, reading);
      }
      Source unreadable = open(file, form);
      if (unreadable != null) {
        return unreadable;
      }
    }
  }

  /** A file that is one document. */
  static Source whole(Path file, Reading reading) {
    String name = name(file);
    return new Source(name, reading.source(), new Place(name), content(file));
  }

  private static Content content(Path file) {
    return Content.of(() -> Compression.open(Files.newInputStream(file)));
  }

  static String name(Path file) {
    return file.normalize().toString();
  }

  /** Null, unless it cannot be opened: then what says so. */
  private @Nullable Source open(Path file, Form form) {
    try {
      open = new Counted(Files.newInputStream(file));
      lines =
          new LineSources(
              Compression.open(open), name(file), form, reading, LineSources.BY_PLACE, charsMax, 0);
      return null;
    } catch (IOException e) {
      close();
      return unreadable(file, reading, e);
    }
  }

  /** What says that a file cannot be opened. */
  static Source unreadable(Path file, Reading reading, IOException why) {
    String name = name(file);
    return reading.refused(
        name, new Place(name), Reading.unreadable("cannot be read", why), new byte[0]);
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0; // Said when it is read.
    }
  }

  @Override
  public double share() {
    double done = behind + (open == null ? 0 : open.bytes);
    return bytes == 0 ? 1 : Math.min(1, done / bytes);
  }

  @Override
  public void close() {
    behind += open == null ? 0 : open.bytes;
    open = null;
    LineSources ended = lines;
    lines = null;
    try {
      if (ended != null) {
        ended.close();
      }
    } catch (IOException e) {
      throw new Failure("cannot be closed: " + e.getMessage(), e);
    }
  }
}
