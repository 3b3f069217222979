package dev.remask.topology;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The record that ends the waiting segments of a partition: a null value with the header {@value
 * #HEADER}. It travels among the documents, so the log decides where a segment ends and no clock
 * does (invariant 4).
 */
public final class FlushSignal {
  public static final String HEADER = "remask-flush";

  private static final byte[] VERSION = "1".getBytes(StandardCharsets.UTF_8);

  private FlushSignal() {}

  /**
   * A signal for one partition. Its key is fixed, so that in a compacted topic the newest signal
   * stays; documents must not use it as their id.
   */
  public static ProducerRecord<byte[], byte[]> record(String documentsTopic, int partition) {
    byte[] key = (HEADER + "-" + partition).getBytes(StandardCharsets.UTF_8);
    ProducerRecord<byte[], byte[]> signal =
        new ProducerRecord<>(documentsTopic, partition, key, null);
    signal.headers().add(HEADER, VERSION);
    return signal;
  }

  /** One signal for each partition {@code 0 ... partitions - 1}. */
  public static List<ProducerRecord<byte[], byte[]>> records(
      String documentsTopic, int partitions) {
    return IntStream.range(0, partitions).mapToObj(p -> record(documentsTopic, p)).toList();
  }

  static boolean is(byte @Nullable [] value, Headers headers) {
    return value == null && headers.lastHeader(HEADER) != null;
  }
}
