package dev.remask.trainer.log;

/** A stop was asked for while something was away. */
final class Stopped extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Stopped() {
    super("stopped while waiting", null, false, false);
  }
}
