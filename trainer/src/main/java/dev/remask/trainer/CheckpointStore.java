package dev.remask.trainer;

import java.io.IOException;

/** Keeps what the learner has become. */
@FunctionalInterface
public interface CheckpointStore {
  /** Returns when weights and position are durable, together. */
  void save(Position position, Learner learner) throws IOException;
}
