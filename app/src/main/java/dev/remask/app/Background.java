package dev.remask.app;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** Work on a thread of its own, asked to end when it is closed. */
final class Background<T> implements AutoCloseable {
  /** Looks now and then whether it should end. */
  interface Work<T> {
    T run(BooleanSupplier ended) throws Exception;
  }

  private static final Duration LOOK = Duration.ofMillis(200);
  private static final Duration END_MAX = Duration.ofSeconds(30);

  private final FutureTask<T> task;
  private final Thread thread;
  private volatile boolean ended;

  Background(String name, Work<T> work) {
    task = new FutureTask<>(() -> work.run(() -> ended));
    thread = new Thread(task, name);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Whether it has ended, well or not; waits a moment for it. */
  boolean finished() throws InterruptedException {
    try {
      task.get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      return true;
    }
    return true;
  }

  /** What it gave, or what it threw. */
  T result() throws Exception {
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Asks it to end, and waits for that. */
  @Override
  public void close() {
    ended = true;
    boolean interrupted = false;
    long deadline = System.nanoTime() + END_MAX.toNanos();
    while (thread.isAlive() && System.nanoTime() < deadline) {
      try {
        thread.join(LOOK.toMillis());
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
