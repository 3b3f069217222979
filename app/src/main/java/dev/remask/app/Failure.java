package dev.remask.app;

import org.jspecify.annotations.Nullable;

/** Ends a command with exit 1; its message is all that people need. */
final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Failure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
