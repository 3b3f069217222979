package dev.remask.app;

import java.util.Optional;

/**
 * What long work says of itself when it is asked; any thread, at once, and without asking Kafka.
 */
interface Health {
  /** Work that is about to begin. */
  Health STARTING =
      new Health() {
        @Override
        public Optional<String> fault() {
          return Optional.empty();
        }

        @Override
        public Optional<String> notReady() {
          return Optional.of("starting");
        }
      };

  /** Why the work has failed for good: only a restart helps. */
  Optional<String> fault();

  /** Why the work does not get on now: it may by itself. */
  Optional<String> notReady();
}
