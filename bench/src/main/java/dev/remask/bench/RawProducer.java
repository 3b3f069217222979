package dev.remask.bench;

import dev.remask.schemas.ClientConfigs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * The ceiling of an epoch: a producer that has its bytes in memory and writes them as fast as the
 * broker takes them. Idempotent, all acknowledged, with the batches of the product's own producers,
 * but without transactions, and with nothing to read, decode, mask or encode.
 */
final class RawProducer {
  private final Map<String, Object> config;
  private final List<List<ConsumerRecord<byte[], byte[]>>> kept;
  private long bytes;

  /**
   * @param product the configuration of a topology
   */
  RawProducer(Map<String, Object> product, SegmentLog segments) {
    config = ClientConfigs.producer(product);
    kept =
        IntStream.range(0, segments.partitions())
            .<List<ConsumerRecord<byte[], byte[]>>>mapToObj(p -> new ArrayList<>(segments.each()))
            .toList();
  }

  /** One more record to write, the next of its partition. */
  void keep(ConsumerRecord<byte[], byte[]> record) {
    kept.get(record.partition()).add(record);
    bytes += record.key().length + record.value().length;
  }

  /** Of keys and values. */
  long bytes() {
    return bytes;
  }

  void forget() {
    kept.forEach(List::clear);
  }

  /** From the first record until all are acknowledged; the partitions take turns. */
  double seconds(String topic) throws Exception {
    ByteArraySerializer as = new ByteArraySerializer();
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, as, as)) {
      producer.partitionsFor(topic);
      return Timing.seconds(() -> produce(producer, topic));
    }
  }

  private long produce(KafkaProducer<byte[], byte[]> producer, String topic) {
    int each = kept.get(0).size();
    AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    for (int i = 0; i < each; i++) {
      for (List<ConsumerRecord<byte[], byte[]>> partition : kept) {
        ConsumerRecord<byte[], byte[]> record = partition.get(i);
        Future<RecordMetadata> unused =
            producer.send(
                new ProducerRecord<>(topic, record.partition(), record.key(), record.value()),
                (place, error) -> failure.compareAndSet(null, error));
      }
    }
    producer.flush();
    Exception failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException("not all was written: " + failed, failed);
    }
    return each;
  }
}
