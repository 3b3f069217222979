package dev.remask.app;

import dev.remask.app.Corpus.Source;
import org.jspecify.annotations.Nullable;

/** Documents of which the last one comes only when something else has happened. */
final class LastHeldBack implements Sources {
  interface Wait {
    void await() throws InterruptedException;
  }

  private final Sources sources;
  private final Wait wait;
  private @Nullable Source ahead;
  private boolean begun;
  private double share;

  LastHeldBack(Sources sources, Wait wait) {
    this.sources = sources;
    this.wait = wait;
  }

  @Override
  public @Nullable Source next() throws InterruptedException {
    if (!begun) {
      begun = true;
      ahead = sources.next();
    }
    Source next = ahead;
    share = sources.share();
    ahead = next == null ? null : sources.next();
    if (next != null && ahead == null) {
      wait.await();
    }
    return next;
  }

  @Override
  public double share() {
    return share;
  }

  @Override
  public void close() {
    sources.close();
  }
}
