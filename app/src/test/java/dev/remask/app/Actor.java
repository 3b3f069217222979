package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;

/** A command that a test kills and starts again, each time with the same arguments. */
final class Actor {
  private final String name;
  private final Path folder;
  private final String[] arguments;
  private Program program;
  private long startedMs;

  Actor(String name, Path folder, String... arguments) {
    this.name = name;
    this.folder = folder;
    this.arguments = arguments;
  }

  void start() throws Exception {
    startedMs = System.currentTimeMillis();
    program = Program.start(folder, arguments);
  }

  /** The process that runs now or ran last. */
  Program program() {
    return program;
  }

  /** When that was started. */
  long startedMs() {
    return startedMs;
  }

  void requireAlive() throws Exception {
    assertThat(program.isAlive()).as("%s runs; errors: %s", name, program.errors()).isTrue();
  }

  /** SIGKILL to this process alone. */
  void kill() throws Exception {
    requireAlive();
    program.killAlone();
  }

  /** Runs it to its end. */
  void run(Duration atMost) throws Exception {
    start();
    String unused = program.finish(atMost, 0);
  }

  /** Frozen while the moment is judged; it stays so if it is the right one. */
  boolean frozenAt(Moment moment) throws Exception {
    requireAlive();
    program.freeze();
    boolean right = moment.isRight();
    if (!right) {
      program.thaw();
    }
    return right;
  }

  /** What a test waits for before it kills. */
  interface Moment {
    boolean isRight() throws Exception;
  }

  @Override
  public String toString() {
    return name;
  }
}
