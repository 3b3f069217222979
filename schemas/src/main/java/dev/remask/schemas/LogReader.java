package dev.remask.schemas;

import java.util.Map;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads a kept topic as it is now. */
public final class LogReader {
  private LogReader() {}

  /**
   * Passes every committed record of all partitions up to the present end, in order within a
   * partition.
   */
  public static <V extends SpecificRecord> void readAll(
      Map<String, ?> config, Topic<V> topic, Consumer<ConsumerRecord<byte[], V>> sink) {
    throw new UnsupportedOperationException();
  }

  /**
   * The key after the last committed record, per partition {@code [P]}: 0 where there is none.
   * Steps back over transaction markers, so it never counts by offsets.
   */
  public static long[] endSequences(Map<String, ?> config, Topic<Segment> segments) {
    throw new UnsupportedOperationException();
  }
}
