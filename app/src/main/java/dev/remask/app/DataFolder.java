package dev.remask.app;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Properties;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * Where a single machine keeps everything: the broker's log, stream state, checkpoints, and how to
 * reach the stack.
 */
record DataFolder(Path root) {
  /** Marks a folder as ours, so that {@code --fresh} never deletes anything else. */
  private static final String LOCK = "lock";

  private static final int ATTEMPTS = 4;
  private static final long ATTEMPT_PAUSE_MS = 50;

  private static final String MARKER = "remask.data";

  DataFolder {
    root = root.toAbsolutePath().normalize();
  }

  Path broker() {
    return root.resolve("broker");
  }

  Path streams() {
    return root.resolve("streams");
  }

  Path checkpoints(String run) {
    return root.resolve("checkpoints").resolve(run);
  }

  /** A file for each command: two programs cannot roll one. */
  Path log(String command) {
    return logs().resolve(command + ".log");
  }

  private Path logs() {
    return root.resolve("logs");
  }

  private Path endpoints() {
    return root.resolve("stack.properties");
  }

  /**
   * Makes the folder ours until the lock is closed.
   *
   * @throws ConfigException if another process has it, or if it holds something else
   */
  FileLock lock() throws IOException {
    if (Files.exists(root) && !Files.isDirectory(root)) {
      throw new ConfigException("--data", root, "is not a folder");
    }
    return lock("--data " + root, lockFile());
  }

  /**
   * Makes a folder ours until the lock's channel is closed; made if it is not there.
   *
   * @throws ConfigException if another process has it
   */
  static FileLock lock(String what, Path folder) throws IOException {
    Files.createDirectories(folder);
    return lock(
        what + " " + folder,
        FileChannel.open(
            folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE));
  }

  private static FileLock lock(String what, FileChannel channel) throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        FileLock lock = channel.tryLock();
        if (lock != null) {
          return lock;
        }
        // A command that asks whether something runs here holds it for a moment.
        Thread.sleep(ATTEMPT_PAUSE_MS);
      } catch (OverlappingFileLockException e) {
        // Held by this very process: the same answer.
        break;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    channel.close();
    throw new ConfigException(what + " is in use by another remask");
  }

  private FileChannel lockFile() {
    try {
      requireOursOrEmpty();
      Files.createDirectories(root);
      Files.writeString(root.resolve(MARKER), "1\n");
      return FileChannel.open(
          root.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new ConfigException("--data", root, "cannot be written: " + e);
    }
  }

  private void requireOursOrEmpty() throws IOException {
    if (Files.exists(root) && !Files.exists(root.resolve(MARKER))) {
      try (var content = Files.list(root)) {
        // The program's own log may have begun already.
        if (content.anyMatch(path -> !path.equals(logs()))) {
          throw new ConfigException(
              "--data", root, "holds other files; give an empty or a new folder");
        }
      }
    }
  }

  /** Deletes all that earlier demos left. Needs the lock. */
  void clear() throws IOException {
    for (String part :
        new String[] {"broker", "streams", "checkpoints", "logs", "stack.properties"}) {
      Path path = root.resolve(part);
      if (Files.exists(path)) {
        deleteTree(path);
      }
    }
  }

  static void deleteTree(Path path) throws IOException {
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e)
              throws IOException {
            if (e != null) {
              throw e;
            }
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Tells other commands where the stack listens. */
  void publish(Properties endpoints) throws IOException {
    try (var out = Files.newBufferedWriter(endpoints())) {
      endpoints.store(out, "Where this folder's broker and registry listen while they run.");
    }
  }

  void unpublish() throws IOException {
    Files.deleteIfExists(endpoints());
  }

  /** Whoever runs here holds the lock; what a killed one published counts for nothing. */
  private boolean isLocked() throws IOException {
    try (FileChannel channel = FileChannel.open(root.resolve(LOCK), StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock == null;
    } catch (OverlappingFileLockException e) {
      return true;
    }
  }

  /** Where a running stack listens; empty if none runs here. */
  Properties published() throws IOException {
    Properties properties = new Properties();
    if (Files.exists(endpoints()) && isLocked()) {
      try (var in = Files.newBufferedReader(endpoints())) {
        properties.load(in);
      }
    }
    return properties;
  }
}
