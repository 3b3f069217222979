package dev.remask.topology;

import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.MaskedExample;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;

/** Where the log of a run's examples begins and ends, told by the examples. Not thread-safe. */
final class ExamplesLog implements AutoCloseable {
  /** The place of an example in its partition. */
  record Place(int epoch, long sequence) {}

  private final LogEdges edges;
  private final Deserializer<MaskedExample> examples;

  ExamplesLog(Map<String, ?> clients) {
    edges = new LogEdges(clients);
    examples = AvroSerdes.of(MaskedExample.class, clients).deserializer();
  }

  /** Of the first committed example at or after an offset. */
  Optional<Place> first(TopicPartition partition, long from) {
    return edges.first(partition, from).map(this::place);
  }

  /** Of the last committed example. */
  Optional<Place> last(TopicPartition partition) {
    return edges.last(partition).map(this::place);
  }

  private Place place(ConsumerRecord<byte[], byte[]> record) {
    MaskedExample example = examples.deserialize(record.topic(), record.headers(), record.value());
    return new Place(example.getEpoch(), example.getSequence());
  }

  @Override
  public void close() {
    edges.close();
  }
}
