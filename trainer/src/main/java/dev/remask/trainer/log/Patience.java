package dev.remask.trainer.log;

import dev.remask.schemas.Outage;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * How long to bear with a broker or a registry that is away, and who hears of it. Thread-safe, as
 * far as its parts are.
 *
 * @param max in one go
 * @param notices hears a line now and then
 * @param stop ends all patience
 */
record Patience(
    Duration max, Consumer<String> notices, LongSupplier nanoTime, BooleanSupplier stop) {
  private static final long STOP_CHECK_MS = 50;
  private static final long LEAVE_MS_MAX = 1_000;

  /** For one thing that is tried again and again. */
  Absence absence(String what) {
    Outage outage = new Outage(max, line -> notices.accept(what + ": " + line), nanoTime);
    return new Absence(what, max, outage);
  }

  /**
   * Asks until there is an answer. A client's question may block for a minute, so it is asked on a
   * thread of its own, which a stop interrupts; one at a time.
   *
   * @param what is tried, as in "reading plans"
   * @throws Stopped if that was asked for meanwhile
   */
  <T> T ask(String what, Supplier<T> question) {
    Absence absence = absence(what);
    while (!stop.getAsBoolean()) {
      try {
        T answer = new Question<>(question).answer(stop);
        absence.over();
        return answer;
      } catch (Stopped e) {
        throw e;
      } catch (RuntimeException e) {
        absence.bear(e, stop);
      }
    }
    throw new Stopped();
  }

  /** The same for what has no answer. */
  void tell(String what, Runnable order) {
    boolean unused =
        ask(
            what,
            () -> {
              order.run();
              return true;
            });
  }

  /** What one thread asks for another. */
  private static final class Question<T> implements Runnable {
    private final Supplier<T> question;
    private volatile @Nullable T answer;
    private volatile @Nullable Throwable failure;

    Question(Supplier<T> question) {
      this.question = question;
    }

    @Override
    public void run() {
      try {
        answer = question.get();
      } catch (Throwable e) { // thrown again by who waits
        failure = e;
      }
    }

    T answer(BooleanSupplier stop) {
      Thread thread = new Thread(this, "remask-asks");
      thread.setDaemon(true);
      thread.start();
      try {
        while (thread.isAlive()) {
          if (stop.getAsBoolean()) {
            thread.interrupt();
            thread.join(LEAVE_MS_MAX);
            throw new Stopped();
          }
          thread.join(STOP_CHECK_MS);
        }
      } catch (InterruptedException e) {
        thread.interrupt();
        throw new InterruptException(e);
      }
      return result();
    }

    private T result() {
      if (failure instanceof RuntimeException e) {
        throw e;
      }
      if (failure instanceof Error e) {
        throw e;
      }
      T given = answer;
      if (given == null) {
        throw new IllegalStateException("no answer");
      }
      return given;
    }
  }
}
