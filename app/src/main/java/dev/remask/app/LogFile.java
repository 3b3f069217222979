package dev.remask.app;

/** Where the program's log goes; read by log4j2.xml when the first logger is made. */
final class LogFile {
  static final String PROPERTY = "remask.log.file";

  private LogFile() {}

  /** For the end of a message; nothing where the log is on the same screen. */
  static String hint() {
    return "console".equals(System.getProperty("remask.log.to"))
        ? ""
        : " (more in " + System.getProperty(PROPERTY, "~/.remask/logs/remask.log") + ")";
  }
}
