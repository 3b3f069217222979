package dev.remask.app;

import dev.remask.topology.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * A dead letter, as its headers tell it.
 *
 * @param offset its own, in the dead letters
 * @param time milliseconds since the epoch
 * @param documents the topic that it was or should have been in
 * @param origin what came from there is one thing, however many letters tell of it
 * @param key at most 4 KiB of it, as all that was received
 * @param bytes of the value, before it was cut
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Letter(
    long offset,
    long time,
    String reason,
    String message,
    String documents,
    Origin origin,
    byte @Nullable [] key,
    byte @Nullable [] value,
    int bytes) {
  /**
   * Where it came from.
   *
   * @param topic or the file
   * @param partition -1 for a file
   * @param offset or the line; -1 for a file as a whole
   * @param id only for a file; several documents may have come from one place of standard input
   */
  record Origin(String topic, int partition, long offset, String id) {
    boolean isFile() {
      return partition < 0;
    }

    @Override
    public String toString() {
      return isFile()
          ? new Corpus.Place(topic, offset).toString()
          : topic + "-" + partition + "@" + offset;
    }
  }

  private static final String UNKNOWN = "unknown";

  static Letter of(ConsumerRecord<byte[], byte[]> record) {
    Origin origin = origin(record);
    byte[] value = record.value();
    return new Letter(
        record.offset(),
        record.timestamp(),
        header(record, DeadLetter.REASON, UNKNOWN),
        header(record, DeadLetter.MESSAGE, ""),
        header(record, DeadLetter.DOCUMENTS, origin.topic()),
        origin,
        record.key(),
        value,
        (int) number(record, DeadLetter.VALUE_BYTES, value == null ? 0 : value.length));
  }

  /** Whether it is none, but says that those of an origin were sent back. */
  static boolean saysSentBack(ConsumerRecord<byte[], byte[]> record) {
    return record.headers().lastHeader(DeadLetter.SENT_BACK) != null;
  }

  static Origin origin(ConsumerRecord<byte[], byte[]> record) {
    int partition = (int) number(record, DeadLetter.PARTITION, -1);
    return new Origin(
        header(record, DeadLetter.TOPIC, UNKNOWN),
        partition,
        number(record, DeadLetter.OFFSET, -1),
        partition < 0 ? text(record.key()) : "");
  }

  private static long number(ConsumerRecord<?, ?> record, String name, long otherwise) {
    try {
      return Long.parseLong(header(record, name, Long.toString(otherwise)));
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  private static String header(ConsumerRecord<?, ?> record, String name, String otherwise) {
    Header header = record.headers().lastHeader(name);
    return header == null || header.value() == null ? otherwise : text(header.value());
  }

  private static String text(byte @Nullable [] bytes) {
    return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
  }

  /** For people: of other bytes, what is no text is U+FFFD. */
  String id() {
    return text(key);
  }

  /** As {@link #id}; the beginning. */
  String beginning() {
    return text(value);
  }

  /** Whether a record is what it tells of, as far as it holds it. */
  boolean isOf(ConsumerRecord<byte[], byte[]> record) {
    return begins(record.key(), key) && begins(record.value(), value);
  }

  private static boolean begins(byte @Nullable [] whole, byte @Nullable [] beginning) {
    if (whole == null || beginning == null) {
      return whole == beginning;
    }
    int length = Math.min(whole.length, DeadLetter.BYTES_MAX);
    return Arrays.equals(Arrays.copyOf(whole, length), beginning);
  }
}
