package dev.remask.topology;

import java.util.Optional;
import org.apache.kafka.streams.KafkaStreams;

/**
 * What an instance is doing.
 *
 * @param live the live lane
 * @param replay the replay that runs, if any
 */
public record StreamStatus(Packer packer, Lane live, Optional<Lane> replay, Counts counts) {
  /**
   * The packer.
   *
   * @param state as Kafka Streams names it
   * @param lag records of the documents topic that no instance has packed yet
   */
  public record Packer(String state, long lag) {}

  /**
   * One masker.
   *
   * @param state as Kafka Streams names it
   * @param waiting for the trainer
   * @param masked examples of the epoch that are in the log, of all instances
   * @param total examples of the epoch when it is done; in the live lane, segments that are there
   */
  public record Lane(int epoch, String state, boolean waiting, long masked, long total) {}

  /**
   * What this instance has done since it started; work that was lost in an aborted transaction and
   * done again counts twice.
   *
   * @param pauses how often a masker began to wait for the trainer
   */
  public record Counts(long documents, long segments, long examples, long pauses) {}

  /** Whether packer and live lane have their partitions and work. */
  public boolean isRunning() {
    String running = KafkaStreams.State.RUNNING.name();
    return packer.state().equals(running) && live.state().equals(running);
  }
}
