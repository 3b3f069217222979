package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The packaged program as a process of its own. */
final class Program {
  static final Path HOME = Path.of("target", "remask").toAbsolutePath();

  /** What starts for longer than it calculates begins twice as fast so. */
  static final List<String> BRIEF = List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  private static final Set<String> COMPUTING = Set.of("demo", "train", "ledger", "fill-mask");

  private final Process process;
  private final Path output;
  private final Path errors;

  private Program(Process process, Path output, Path errors) {
    this.process = process;
    this.output = output;
    this.errors = errors;
  }

  static String[] join(String[] first, String... second) {
    return Stream.concat(Stream.of(first), Stream.of(second)).toArray(String[]::new);
  }

  static Program start(Path folder, String... arguments) throws IOException {
    return start(folder, Map.of(), List.of(), arguments);
  }

  static Program start(
      Path folder, Map<String, String> environment, List<String> javaOptions, String... arguments)
      throws IOException {
    Path output = Files.createTempFile(folder, "output", ".txt");
    Path errors = Files.createTempFile(folder, "errors", ".txt");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx1g", "--add-modules", "jdk.incubator.vector"));
    if (!COMPUTING.contains(arguments[0])) {
      command.addAll(BRIEF);
    }
    command.addAll(List.of("-Dremask.home=" + HOME, "-Duser.home=" + folder.resolve("home")));
    command.addAll(javaOptions);
    command.addAll(List.of("-cp", HOME.resolve("lib") + "/*", "dev.remask.app.Main"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile());
    builder.environment().putAll(environment);
    return new Program(builder.start(), output, errors);
  }

  String output() throws IOException {
    return Files.readString(output);
  }

  String errors() throws IOException {
    return Files.readString(errors);
  }

  /** Its first line of output, as soon as it is whole. */
  String awaitLine(Duration atMost) throws Exception {
    awaitOutput("\n", atMost);
    return Files.readString(output);
  }

  /** Returns when it has said this. */
  void awaitOutput(String text, Duration atMost) throws Exception {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (!Files.readString(output).contains(text)) {
      assertThat(process.isAlive()).as("still runs; errors: %s", errors()).isTrue();
      assertThat(System.nanoTime()).as("in time; errors: %s", errors()).isLessThan(deadline);
      Thread.sleep(50);
    }
  }

  /** All its output, after it has ended with this code. */
  String finish(Duration atMost, int code) throws Exception {
    boolean ended = process.waitFor(atMost.toSeconds(), TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly();
    }
    assertThat(ended).as("ended in time; errors: %s", errors()).isTrue();
    assertThat(process.exitValue()).as("exit code; errors: %s", errors()).isEqualTo(code);
    return Files.readString(output);
  }

  /**
   * SIGTERM.
   *
   * @return how long it took to end
   */
  Duration terminate(Duration atMost) throws Exception {
    long start = System.nanoTime();
    process.destroy();
    assertThat(process.waitFor(atMost.toSeconds(), TimeUnit.SECONDS))
        .as("ended by the signal; errors: %s", errors())
        .isTrue();
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** SIGSTOP: nothing that it has begun goes on, until it is thawed or killed. */
  void freeze() throws Exception {
    signal("-STOP");
  }

  void thaw() throws Exception {
    signal("-CONT");
  }

  private void signal(String name) throws Exception {
    Process kill = new ProcessBuilder("kill", name, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).as("kill %s", name).isZero();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Those that it has started and that still run. */
  List<ProcessHandle> children() {
    return process.children().toList();
  }

  /** SIGKILL to this process alone: whatever it started is left over. */
  void killAlone() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  void kill() throws InterruptedException {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().waitFor();
  }
}
