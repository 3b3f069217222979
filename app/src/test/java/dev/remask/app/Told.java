package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What a command told that was run inside of this process.
 *
 * @param errors standard error
 */
record Told(int code, String output, String errors) {
  static Told by(String... arguments) {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    PrintStream out = System.out;
    PrintStream err = System.err;
    String log = System.getProperty(LogFile.PROPERTY);
    int code;
    try {
      System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
      code = Main.commandLine().execute(arguments);
    } finally {
      System.setOut(out);
      System.setErr(err);
      if (log != null) {
        System.setProperty(LogFile.PROPERTY, log);
      }
    }
    return new Told(
        code, output.toString(StandardCharsets.UTF_8), errors.toString(StandardCharsets.UTF_8));
  }

  /** Fails unless it ended with this code and one line of error, which has all of these. */
  void isOneLine(int expected, String... facts) {
    assertThat(code).as(errors).isEqualTo(expected);
    requireOneLine(errors, facts);
  }

  /** Fails unless there is one line, with all of these. */
  static void requireOneLine(String errors, String... facts) {
    List<String> lines =
        errors
            .lines()
            // Java's own word on a module of its own.
            .filter(line -> !line.startsWith("WARNING: Using incubator modules"))
            .toList();
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0)).startsWith("remask: ").contains(facts).doesNotContain("Exception");
  }
}
