package dev.remask.topology;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What was opened so far, the last of it closed first. Not thread-safe. */
final class OpenClients implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OpenClients.class);

  private final Deque<Runnable> closers = new ArrayDeque<>();

  <T> T add(T client, Consumer<T> close) {
    closers.push(() -> close.accept(client));
    return client;
  }

  /** One that cannot be closed is no reason to leave the others open. */
  @Override
  public void close() {
    while (!closers.isEmpty()) {
      try {
        closers.pop().run();
      } catch (RuntimeException e) {
        LOG.warn("a client does not close", e);
      }
    }
  }
}
