package dev.remask.topology;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What could not be used, as received, with the cause in its headers. The header names are those
 * that Kafka Streams itself writes (KIP-1034), so tools for its dead letters work; {@link #REASON}
 * is added. Neither the stack trace nor the headers of the record are kept: both are unbounded.
 */
public final class DeadLetter {
  /** A {@link BadDocument.Reason#code()}. */
  public static final String REASON = "remask.reason";

  /** Only where the value was cut: how many bytes it had. */
  public static final String VALUE_BYTES = "remask.value.bytes";

  /** Only where {@code ingest} refused it: the documents topic that it was meant for. */
  public static final String DOCUMENTS = "remask.documents";

  /**
   * Only of what is no dead letter, but says that those of an origin were sent back: its value is
   * null, and it names the origin as they do.
   */
  public static final String SENT_BACK = "remask.sent-back";

  public static final String EXCEPTION = "__streams.errors.exception";
  public static final String MESSAGE = "__streams.errors.message";
  public static final String TOPIC = "__streams.errors.topic";
  public static final String PARTITION = "__streams.errors.partition";
  public static final String OFFSET = "__streams.errors.offset";

  /** Of the key, of the value and of the message, each. */
  public static final int BYTES_MAX = 4096;

  private DeadLetter() {}

  /**
   * Where a record came from.
   *
   * @param topic the topic, or the file or stream that was read
   * @param partition -1 if there is none
   * @param offset the offset, or the line of a file; -1 if there is none
   * @param timestamp milliseconds since the epoch, null for now
   */
  public record Origin(String topic, int partition, long offset, @Nullable Long timestamp) {}

  public static ProducerRecord<byte[], byte[]> of(
      String deadLetters,
      Origin origin,
      byte @Nullable [] key,
      byte @Nullable [] value,
      BadDocument cause) {
    ProducerRecord<byte[], byte[]> letter =
        new ProducerRecord<>(deadLetters, null, origin.timestamp(), cut(key), cut(value));
    Headers headers = letter.headers();
    add(headers, REASON, cause.reason().code());
    add(headers, EXCEPTION, cause.getClass().getName());
    add(headers, MESSAGE, String.valueOf(cause.getMessage()));
    add(headers, origin);
    if (value != null && value.length > BYTES_MAX) {
      add(headers, VALUE_BYTES, Integer.toString(value.length));
    }
    return letter;
  }

  /** Says that what came from an origin was sent back; for the transaction that does it. */
  public static ProducerRecord<byte[], byte[]> sentBack(
      String deadLetters, Origin origin, byte @Nullable [] key) {
    ProducerRecord<byte[], byte[]> marker = new ProducerRecord<>(deadLetters, cut(key), null);
    add(marker.headers(), SENT_BACK, "1");
    add(marker.headers(), origin);
    return marker;
  }

  private static void add(Headers headers, Origin origin) {
    add(headers, TOPIC, origin.topic());
    add(headers, PARTITION, Integer.toString(origin.partition()));
    add(headers, OFFSET, Long.toString(origin.offset()));
  }

  private static void add(Headers headers, String name, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    headers.add(name, bytes.length <= BYTES_MAX ? bytes : Arrays.copyOf(bytes, BYTES_MAX));
  }

  private static byte @Nullable [] cut(byte @Nullable [] bytes) {
    return bytes == null || bytes.length <= BYTES_MAX ? bytes : Arrays.copyOf(bytes, BYTES_MAX);
  }
}
