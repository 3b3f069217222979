package dev.remask.app;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * What people see while something runs: a line a part, and below it one line that moves on a
 * terminal. Where the output is no terminal the moving line becomes a plain line every few seconds,
 * as long as it has something new to say. Thread-safe.
 */
final class Console {
  private static final long PLAIN_EVERY_NANOS = Duration.ofSeconds(5).toNanos();
  private static final int WIDTH = 12;

  private final PrintStream out;
  private final boolean terminal;
  private final LongSupplier nanoTime;
  private final long start;
  private long plainAt = Long.MIN_VALUE;
  private String plain = "";
  private boolean moving;

  Console(PrintStream out, boolean terminal, LongSupplier nanoTime) {
    this.out = out;
    this.terminal = terminal;
    this.nanoTime = nanoTime;
    this.start = nanoTime.getAsLong();
  }

  /** Marks of emphasis; nothing where the output is no terminal. */
  enum Style {
    BOLD("1"),
    DIM("2"),
    GREEN("32"),
    YELLOW("33"),
    MAGENTA("35"),
    CYAN("36"),
    MASK("30;43");

    private final String code;

    Style(String code) {
      this.code = code;
    }
  }

  boolean coloured() {
    return terminal;
  }

  String in(Style style, String text) {
    return terminal ? "\u001B[" + style.code + "m" + text + "\u001B[0m" : text;
  }

  double seconds() {
    return (nanoTime.getAsLong() - start) / 1e9;
  }

  /** A finished part: when, what, and the facts. */
  synchronized void part(String name, String facts) {
    endMoving();
    String time = String.format(Locale.ROOT, "%6.1f s", seconds());
    out.println(in(Style.DIM, time) + "  " + in(Style.BOLD, pad(name)) + facts);
  }

  /** The state of a part that is still running. */
  synchronized void progress(String name, String facts) {
    String line = String.format(Locale.ROOT, "%6.1f s  ", seconds()) + pad(name) + facts;
    if (terminal) {
      // Without wrapping: of a line that wraps, only the last row could be cleared.
      out.print("\r\u001B[?7l\u001B[2K" + line + "\u001B[?7h");
      out.flush();
      moving = true;
    } else if (!facts.equals(plain)
        && (plainAt == Long.MIN_VALUE || nanoTime.getAsLong() - plainAt >= PLAIN_EVERY_NANOS)) {
      plainAt = nanoTime.getAsLong();
      plain = facts;
      out.println(line);
    }
  }

  /** Text as it is. */
  synchronized void print(String text) {
    endMoving();
    out.println(text);
  }

  private void endMoving() {
    if (moving) {
      out.print("\r\u001B[2K");
      moving = false;
    }
  }

  private static String pad(String name) {
    return name.length() >= WIDTH ? name + " " : name + " ".repeat(WIDTH - name.length());
  }
}
