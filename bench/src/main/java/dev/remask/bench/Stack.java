package dev.remask.bench;

import com.fasterxml.jackson.databind.JsonNode;
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
                  .redirectError(output("up").toFile()));
      clients = clients(up);
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** It prints where it listens once it does. */
  private Map<String, Object> clients(Process up) throws IOException {
    try (BufferedReader out = up.inputReader(StandardCharsets.UTF_8)) {
      @Nullable String line = out.readLine();
      if (line == null) {
        throw new IllegalStateException("'remask up' failed: " + said("up"));
      }
      JsonNode printed = new ObjectMapper().readTree(line);
      return Map.of(
          "bootstrap.servers", printed.required("bootstrap.servers").asText(),
          "schema.registry.url", printed.required("schema.registry.url").asText());
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
    if (launch(arguments).waitFor() != 0) {
      throw new IllegalStateException(
          "'remask " + arguments[0] + "' failed: " + said(arguments[0]));
    }
  }

  /** Runs a command of the program until this is closed. */
  void start(String... arguments) throws IOException {
    Process unused = launch(arguments);
  }

  /** What a command of the program has printed. */
  String said(String command) {
    try {
      return Files.readString(output(command));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path output(String command) {
    return folder.resolve(command + ".txt");
  }

  private Process launch(String... arguments) throws IOException {
    File output = output(arguments[0]).toFile();
    return start(command(arguments).redirectErrorStream(true).redirectOutput(output));
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
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("REMASK_") || name.equals("JDK_JAVA_OPTIONS"));
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
