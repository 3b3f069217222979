package dev.remask.app;

import dev.remask.app.Corpus.Source;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Documents one after the other, each read when its turn comes. Used by one thread. */
interface Sources extends AutoCloseable {
  /**
   * The next document; waits where more may come.
   *
   * @return null at the end, and where the waiting was asked to end
   */
  @Nullable Source next() throws InterruptedException;

  /** How much of all is behind, from 0 to 1; NaN where nobody knows how much there is. */
  double share();

  @Override
  void close();

  static Sources of(List<Source> all) {
    return new Sources() {
      private int at;

      @Override
      public @Nullable Source next() {
        return at < all.size() ? all.get(at++) : null;
      }

      @Override
      public double share() {
        return all.isEmpty() ? 1 : (double) at / all.size();
      }

      @Override
      public void close() {
        // Nothing is open.
      }
    };
  }
}
