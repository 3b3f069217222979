package dev.remask.trainer.log;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes examples that nobody will read again. They can always be made again. */
final class Purge implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Purge.class);
  private static final Duration CLOSE_MAX = Duration.ofMillis(500);

  private final Admin admin;
  private final Map<TopicPartition, Long> purged = new ConcurrentHashMap<>();
  private volatile boolean closed;

  Purge(Admin admin) {
    this.admin = admin;
  }

  /**
   * Asks the broker to delete what lies before these offsets, and does not wait. A failure is named
   * in the program's log: it costs disk, not correctness, and the next purge covers it.
   */
  void before(Map<TopicPartition, Long> offsets) {
    Map<TopicPartition, RecordsToDelete> delete = new HashMap<>();
    offsets.forEach(
        (partition, offset) -> {
          if (offset > purged.getOrDefault(partition, 0L)) {
            delete.put(partition, RecordsToDelete.beforeOffset(offset));
            purged.put(partition, offset);
          }
        });
    if (delete.isEmpty()) {
      return;
    }
    KafkaFuture<Void> unused =
        admin
            .deleteRecords(delete)
            .all()
            .whenComplete(
                (done, failure) -> {
                  if (failure != null) {
                    delete.keySet().forEach(purged::remove);
                    warn(failure);
                  }
                });
  }

  /** What closing has cut short is not worth a line: it would hide why it was closed. */
  private void warn(Throwable failure) {
    if (!closed) {
      LOG.warn("Learned examples could not be purged: {}", failure.toString());
    }
  }

  /** Waits a moment for what was asked for. */
  @Override
  public void close() {
    closed = true;
    admin.close(CLOSE_MAX);
  }
}
