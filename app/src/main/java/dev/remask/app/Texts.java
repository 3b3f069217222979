package dev.remask.app;

import dev.remask.app.Corpus.Source;
import dev.remask.app.FileTree.Root;
import java.time.Clock;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.config.ConfigException;

/** Text as it was named, whatever its form; opened again it is the same, but for standard input. */
interface Texts {
  /** ConfigException if there is none now. */
  default void requireSome() {}

  /** The text, to its present end. */
  Sources open(int charsMax, BooleanSupplier stop);

  /** The same and what comes later, until it is asked to stop. */
  Sources follow(int charsMax, BooleanSupplier stop);

  static Texts of(List<Source> sources) {
    return new Texts() {
      @Override
      public Sources open(int charsMax, BooleanSupplier stop) {
        return Sources.of(sources);
      }

      @Override
      public Sources follow(int charsMax, BooleanSupplier stop) {
        throw new ConfigException("--follow: this text does not grow");
      }
    };
  }

  /** Files, folders, and patterns of them. */
  static Texts files(List<String> paths, Reading reading) {
    List<Root> roots = paths.stream().map(Root::of).toList();
    return new Texts() {
      @Override
      public void requireSome() {
        if (!new FileTree(roots).hasNext()) {
          throw new ConfigException("PATH", String.join(" ", paths), "holds no file");
        }
      }

      @Override
      public Sources open(int charsMax, BooleanSupplier stop) {
        return new FileSources(roots, reading, charsMax);
      }

      @Override
      public Sources follow(int charsMax, BooleanSupplier stop) {
        return new FollowedFiles(
            roots, FileTree::names, reading, charsMax, Clock.systemUTC(), stop);
      }
    };
  }

  static Texts standardInput(Reading reading) {
    return new Texts() {
      @Override
      public Sources open(int charsMax, BooleanSupplier stop) {
        return new StandardInput(System.in, reading, charsMax, stop);
      }

      @Override
      public Sources follow(int charsMax, BooleanSupplier stop) {
        throw new ConfigException("--follow: standard input is read to its end anyway");
      }
    };
  }
}
