package dev.remask.app;

import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which text a command reads. */
final class TextOptions {
  private static final String STANDARD_INPUT = "-";

  @Parameters(
      arity = "0..*",
      paramLabel = "PATH",
      description =
          "Text files (each a document, its path the id), JSON lines (.jsonl, .ndjson), folders of them, patterns"
              + " ('news/**/*.txt'), or - for standard input; all may be gzip or zstd.")
  private List<String> paths = List.of();

  @Option(
      names = "--demo-text",
      description = "The 1,375 English documents that the build brings for the demo.")
  private boolean demo;

  @Mixin private ReadingOptions how = new ReadingOptions();

  boolean given() {
    return demo || !paths.isEmpty();
  }

  /** ConfigException if it cannot be that. */
  Texts texts() {
    if (demo == !paths.isEmpty()) {
      throw new ConfigException("PATH", paths, "give text files, folders, or --demo-text");
    }
    if (demo) {
      requireNoReading("--demo-text");
      return Texts.of(Corpus.demo(corpora()));
    }
    if (!paths.contains(STANDARD_INPUT)) {
      return Texts.files(paths, how.ofFiles(paths));
    }
    if (paths.size() > 1) {
      throw new ConfigException("PATH", paths, "standard input goes alone");
    }
    return Texts.standardInput(how.ofStandardInput());
  }

  /** ConfigException if it is said how to read what is read in one way only. */
  void requireNoReading(String what) {
    String given = how.given();
    if (given != null) {
      throw new ConfigException(given + ": does not go with " + what);
    }
  }

  static Path corpora() {
    @Nullable String home = System.getProperty("remask.home");
    if (home == null) {
      throw new ConfigException("remask.home: is not set; start the program by ./remask");
    }
    return Path.of(home, "corpora");
  }
}
