package dev.remask.app;

/** Where the program's log goes; read by log4j2.xml when the first logger is made. */
final class LogFile {
  static final String PROPERTY = "remask.log.file";

  private LogFile() {}

  static String path() {
    return System.getProperty(PROPERTY, "~/.remask/logs/remask.log");
  }
}
