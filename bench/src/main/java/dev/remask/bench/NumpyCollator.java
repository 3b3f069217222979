package dev.remask.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Masking rules of others in numpy, in a Python process that waits between its runs. */
final class NumpyCollator implements AutoCloseable {
  /** There is no python3, or it has no numpy. */
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

  private NumpyCollator(Process process) throws Absent, IOException {
    this.process = process;
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.requests = process.outputWriter(StandardCharsets.UTF_8);
    @Nullable String first = answers.readLine();
    if (first == null || !first.startsWith("numpy ")) {
      close();
      throw new Absent(first == null ? "python3 does not start" : "python3 has " + first);
    }
    this.version = first;
  }

  static NumpyCollator start(Path script, int segments, int length, int vocabulary)
      throws Absent, IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            "python3",
            script.toString(),
            Integer.toString(segments),
            Integer.toString(length),
            Integer.toString(vocabulary),
            Double.toString(Timing.LEAST.toNanos() / 1e9));
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new Absent("no python3 on the PATH");
    }
    return new NumpyCollator(process);
  }

  String version() {
    return version;
  }

  /** Masks for a while by a rule of the script: tokens a second, as the process itself measured. */
  double rate(String rule) throws IOException {
    requests.write(rule + "\n");
    requests.flush();
    @Nullable String answer = answers.readLine();
    if (answer == null) {
      throw new IOException("the Python process has ended");
    }
    return Double.parseDouble(answer);
  }

  @Override
  public void close() {
    process.destroy();
  }
}
