package dev.remask.app;

import picocli.CommandLine.Help.Ansi;

/** Whether somebody looks, and what they may be shown. */
final class Terminal {
  private Terminal() {}

  /** A terminal that shows colours, by its own settings and by NO_COLOR. */
  static boolean isColoured() {
    return Ansi.AUTO.enabled();
  }

  /** What others wrote must not steer the terminal. */
  static String printable(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .map(c -> Character.isISOControl(c) && c != '\n' && c != '\t' ? 0xFFFD : c)
        .forEach(out::appendCodePoint);
    return out.toString();
  }

  /** The same in one line, cut to so many characters. */
  static String column(String text, int most) {
    String line = printable(text).replaceAll("[\n\t]", " ");
    return line.codePointCount(0, line.length()) <= most
        ? line
        : line.substring(0, line.offsetByCodePoints(0, most - 1)) + "…";
  }
}
