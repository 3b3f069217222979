package dev.remask.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The single-machine broker and registry of {@code remask up} on free ports, in a folder that goes
 * with them, and whatever else of the program is run on it: each in a process of its own, started
 * by the launcher, with the settings that it is shipped with.
 */
final class Stack implements AutoCloseable {
  private static final int STOP_SECONDS_MAX = 30;

  private final Path program;
  private final Path folder;
  private final Deque<Process> processes = new ArrayDeque<>();
  private final Thread atExit = new Thread(this::end, "bench-stack");
  private final Map<String, Object> clients;

  Stack(Path program) throws IOException {
    this.program = program;
    folder = Files.createTempDirectory("remask-bench");
    Runtime.getRuntime().addShutdownHook(atExit);
    try {
      Process up =
          start(
              command("up", "--json", "--port", "0", "--registry-port", "0")
                  .redirectError(folder.resolve("up.txt").toFile()));
      clients = clients(up);
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** It prints where it listens once it does. */
  private static Map<String, Object> clients(Process up) throws IOException {
    try (BufferedReader out = up.inputReader(StandardCharsets.UTF_8)) {
      @Nullable String line = out.readLine();
      if (line == null) {
        throw new IllegalStateException("'remask up' did not start a broker and a registry");
      }
      Map<?, ?> printed = new ObjectMapper().readValue(line, Map.class);
      return Map.of(
          "bootstrap.servers", String.valueOf(printed.get("bootstrap.servers")),
          "schema.registry.url", String.valueOf(printed.get("schema.registry.url")));
    }
  }

  /** What a client of it needs. */
  Map<String, Object> clients() {
    return clients;
  }

  /** For files that are needed as long as it runs. */
  Path folder() {
    return folder;
  }

  /** Runs a command of the program to its end. */
  void run(String... arguments) throws IOException, InterruptedException {
    File said = folder.resolve(arguments[0] + ".txt").toFile();
    Process process = start(command(arguments).redirectErrorStream(true).redirectOutput(said));
    if (process.waitFor() != 0) {
      throw new IllegalStateException(
          "'remask " + arguments[0] + "' failed: " + Files.readString(said.toPath()));
    }
  }

  /** Runs a command of the program until this is closed. */
  Process start(String... arguments) throws IOException {
    File said = folder.resolve(arguments[0] + ".txt").toFile();
    return start(command(arguments).redirectErrorStream(true).redirectOutput(said));
  }

  private Process start(ProcessBuilder builder) throws IOException {
    Process process = builder.start();
    synchronized (processes) {
      processes.push(process);
    }
    return process;
  }

  private ProcessBuilder command(String... arguments) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--data", folder.resolve("data").toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    // What is measured is the shipped configuration.
    builder.environment().keySet().removeIf(name -> name.startsWith("REMASK_"));
    return builder;
  }

  @Override
  public void close() {
    Runtime.getRuntime().removeShutdownHook(atExit);
    end();
  }

  /** The last one first: what works on the broker ends before it. */
  private void end() {
    synchronized (processes) {
      while (!processes.isEmpty()) {
        end(processes.pop());
      }
    }
    try (Stream<Path> all = Files.walk(folder)) {
      all.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void end(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
