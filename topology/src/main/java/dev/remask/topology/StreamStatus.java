package dev.remask.topology;

import java.util.Optional;
import org.apache.kafka.streams.KafkaStreams;

/**
 * What an instance is doing.
 *
 * @param packer state of the packer, as Kafka Streams names it
 * @param live the live lane
 * @param replay the replay that runs, if any
 */
public record StreamStatus(String packer, Lane live, Optional<Lane> replay) {
  /**
   * One masker.
   *
   * @param state as Kafka Streams names it
   * @param waiting for the trainer
   */
  public record Lane(int epoch, String state, boolean waiting) {}

  /** Whether packer and live lane have their partitions and work. */
  public boolean isRunning() {
    String running = KafkaStreams.State.RUNNING.name();
    return packer.equals(running) && live.state().equals(running);
  }
}
