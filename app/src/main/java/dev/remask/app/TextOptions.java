package dev.remask.app;

import dev.remask.app.Corpus.Source;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which text a command reads. */
final class TextOptions {
  @Parameters(
      arity = "0..*",
      paramLabel = "PATH",
      description = "Text files, or folders of them: each file is a document, its path the id.")
  private List<Path> paths = List.of();

  @Option(
      names = "--demo-text",
      description = "The 1,375 English documents that the build brings for the demo.")
  private boolean demo;

  boolean given() {
    return demo || !paths.isEmpty();
  }

  List<Source> sources() {
    if (demo == !paths.isEmpty()) {
      throw new ConfigException("PATH", paths, "give text files, folders, or --demo-text");
    }
    return demo ? Corpus.demo(corpora()) : Corpus.files(paths);
  }

  static Path corpora() {
    @Nullable String home = System.getProperty("remask.home");
    if (home == null) {
      throw new ConfigException("remask.home: is not set; start the program by ./remask");
    }
    return Path.of(home, "corpora");
  }
}
