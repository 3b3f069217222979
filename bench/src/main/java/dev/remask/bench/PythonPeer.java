package dev.remask.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A script of ours in a Python process that waits between its runs and measures them itself, so
 * that neither its start nor the pipe counts.
 */
final class PythonPeer implements AutoCloseable {
  /** There is no python3, or it lacks the library. */
  static final class Absent extends Exception {
    private static final long serialVersionUID = 1;

    Absent(String reason) {
      super(reason);
    }
  }

  private final Process process;
  private final BufferedReader answers;
  private final BufferedWriter requests;
  private final String version;

  private PythonPeer(Process process, String library) throws Absent, IOException {
    this.process = process;
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.requests = process.outputWriter(StandardCharsets.UTF_8);
    @Nullable String first = answers.readLine();
    if (first == null || !first.startsWith(library + " ")) {
      close();
      throw new Absent(first == null ? "python3 does not start" : "python3 has " + first);
    }
    this.version = first;
  }

  /**
   * Starts it.
   *
   * @param library which the script's first line names, with its version, if Python has it
   */
  static PythonPeer start(String library, Path script, Object... arguments)
      throws Absent, IOException {
    List<String> command = new ArrayList<>(List.of("python3", script.toString()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    Process process;
    try {
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException e) {
      throw new Absent("no python3 on the PATH");
    }
    return new PythonPeer(process, library);
  }

  String version() {
    return version;
  }

  /** Has it run once: what it says of the run, a line. */
  String ask(String request) throws IOException {
    requests.write(request + "\n");
    requests.flush();
    @Nullable String answer = answers.readLine();
    if (answer == null) {
      throw new IOException("the Python process has ended");
    }
    return answer;
  }

  @Override
  public void close() {
    process.destroy();
  }
}
