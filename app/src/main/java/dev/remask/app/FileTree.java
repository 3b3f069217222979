package dev.remask.app;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * The regular files below some roots, each folder in the order of its names. Names that begin with
 * a dot are passed over, and links to folders below a root are not followed. Holds the names of the
 * folders that it is in, never those of all files.
 */
final class FileTree implements Iterator<Path> {
  /**
   * A file, a folder, or what a pattern means below a folder.
   *
   * @param pattern null for all files
   */
  record Root(Path path, @Nullable PathMatcher pattern) {
    private static final Pattern GLOB = Pattern.compile("[*?\\[{]");

    /** ConfigException if there is no such file, unless it is a pattern. */
    static Root of(String argument) {
      try {
        Path path = Path.of(argument);
        if (!Files.exists(path) && GLOB.matcher(argument).find()) {
          return new Root(before(path), matcher(path.normalize().toString()));
        }
        if (!Files.isReadable(path)) {
          throw new ConfigException("PATH", argument, "is no readable file or folder");
        }
        return new Root(path, null);
      } catch (InvalidPathException e) {
        throw new ConfigException("PATH", argument, "is no path");
      } catch (PatternSyntaxException e) {
        throw new ConfigException("PATH", argument, "is no pattern: " + e.getDescription());
      }
    }

    /** The folder that the pattern begins in. */
    private static Path before(Path pattern) {
      Path folder = pattern.isAbsolute() ? pattern.getRoot() : Path.of("");
      for (Path name : pattern) {
        if (GLOB.matcher(name.toString()).find()) {
          break;
        }
        folder = folder.resolve(name);
      }
      return folder;
    }

    /** As in a shell, two stars also mean no folder at all. */
    private static PathMatcher matcher(String pattern) {
      return FileSystems.getDefault().getPathMatcher("glob:" + pattern.replace("**/", "{,**/}"));
    }

    boolean matches(Path file) {
      return pattern == null || pattern.matches(file.normalize());
    }
  }

  /** What is in a folder, in the order of the names. */
  interface Folders {
    List<Path> names(Path folder) throws IOException;
  }

  private final Iterator<Root> roots;
  private final Folders entries;
  private final Deque<Iterator<Path>> folders = new ArrayDeque<>();
  private @Nullable Root root;
  private @Nullable Path next;

  /** A folder that cannot be read ends it with a Failure. */
  FileTree(List<Root> roots) {
    this(roots, FileTree::names);
  }

  FileTree(List<Root> roots, Folders entries) {
    this.roots = roots.iterator();
    this.entries = entries;
  }

  @Override
  public boolean hasNext() {
    while (next == null && advance()) {
      // A folder, or a file that is not meant.
    }
    return next != null;
  }

  @Override
  public Path next() {
    if (!hasNext() || next == null) {
      throw new NoSuchElementException();
    }
    Path file = next;
    next = null;
    return file;
  }

  /** One name further; false at the end. */
  private boolean advance() {
    while (!folders.isEmpty() && !folders.peek().hasNext()) {
      folders.pop();
    }
    if (!folders.isEmpty()) {
      Path path = folders.peek().next();
      visit(path, Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS));
      return true;
    }
    if (!roots.hasNext()) {
      return false;
    }
    root = roots.next();
    visit(root.path(), Files.isDirectory(root.path()));
    return true;
  }

  private void visit(Path path, boolean isFolder) {
    if (isFolder) {
      folders.push(entries(path).iterator());
    } else if (root != null && root.matches(path) && Files.isRegularFile(path)) {
      next = path;
    }
  }

  private List<Path> entries(Path folder) {
    try {
      return entries.names(folder);
    } catch (IOException e) {
      throw new Failure("the folder " + folder + " cannot be read: " + e, e);
    }
  }

  /** Those that do not begin with a dot; none if the folder is not there any more. */
  static List<Path> names(Path folder) throws IOException {
    List<Path> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        if (!entry.getFileName().toString().startsWith(".")) {
          names.add(entry);
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of(); // Gone since it was seen.
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    Collections.sort(names);
    return names;
  }
}
