package dev.remask.topology;

import dev.remask.schemas.SequenceKey;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.processor.StreamPartitioner;

/** How sequence keys travel: as their bytes, to the partition that they name. */
final class SequenceKeys {
  private SequenceKeys() {}

  static final Serializer<SequenceKey> SERIALIZER = (topic, key) -> key.encode();

  /** A segment stays in the partition of its documents, an example in that of its segment. */
  static <V> StreamPartitioner<SequenceKey, V> partitioner() {
    return (topic, key, value, partitions) -> {
      if (key.partition() >= partitions) {
        throw new IllegalStateException(
            topic + " has " + partitions + " partitions, but a record belongs to " + key);
      }
      return Optional.of(Set.of(key.partition()));
    };
  }
}
