package dev.remask.trainer.model;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

/** A fixed number of threads that do one thing together and are all done when it returns. */
final class Workers implements AutoCloseable {
  private final int count;
  private final ExecutorService threads;

  Workers(int count) {
    this.count = count;
    this.threads = Executors.newFixedThreadPool(count, Workers::thread);
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "remask-worker");
    thread.setDaemon(true);
    return thread;
  }

  int count() {
    return count;
  }

  /**
   * Runs {@code work} for 0 ... count - 1 and waits for all of them, also when this thread is
   * interrupted: they share memory that the caller may free next. The first failure is thrown.
   */
  void run(IntConsumer work) {
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int worker = i;
      running.add(threads.submit(() -> work.accept(worker)));
    }
    List<Throwable> failures = new ArrayList<>();
    boolean interrupted = false;
    for (Future<?> one : running) {
      interrupted |= await(one, failures);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (!failures.isEmpty()) {
      throw new IllegalStateException("a worker failed: " + failures.get(0), failures.get(0));
    }
  }

  /** Returns whether this thread was interrupted meanwhile. */
  private static boolean await(Future<?> running, List<Throwable> failures) {
    boolean interrupted = false;
    while (true) {
      try {
        running.get();
        return interrupted;
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException e) {
        failures.add(e.getCause());
        return interrupted;
      }
    }
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
