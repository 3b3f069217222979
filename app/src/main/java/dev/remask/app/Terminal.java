package dev.remask.app;

import picocli.CommandLine.Help.Ansi;

/** Whether somebody looks. */
final class Terminal {
  private Terminal() {}

  /** A terminal that shows colours, by its own settings and by NO_COLOR. */
  static boolean isColoured() {
    return Ansi.AUTO.enabled();
  }
}
