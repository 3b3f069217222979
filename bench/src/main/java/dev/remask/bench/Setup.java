package dev.remask.bench;

import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * What a benchmark is run with.
 *
 * @param runs how often each measure is taken, after its warm-up
 * @param home the module's folder
 * @param notes for people: versions, what was left out and why
 */
record Setup(int runs, Path home, Consumer<String> notes) {
  Path corpora() {
    return home.resolve("target/bench/corpora");
  }

  Path python(String script) {
    return home.resolve("src/main/python").resolve(script);
  }

  /** The {@code remask} command, as the app's build leaves it. */
  Path program() {
    return home.resolveSibling("app").resolve("target/remask/bin/remask");
  }
}
