package dev.remask.schemas;

import java.nio.ByteBuffer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * When the text of a record came in: the timestamp of the document that filled its segment, in a
 * header, as the timestamps of segments and examples are the broker's, of when they were made.
 */
public final class Arrival {
  /** Its value has 8 bytes, big-endian: milliseconds since 1970. */
  public static final String HEADER = "arrived";

  private Arrival() {}

  /** The header of a segment whose last document has this timestamp. */
  public static Headers headers(long documentMs) {
    return new RecordHeaders()
        .add(HEADER, ByteBuffer.allocate(Long.BYTES).putLong(documentMs).array());
  }

  /** The same header, if there is one, and no other. */
  public static Headers only(Headers headers) {
    Header header = headers.lastHeader(HEADER);
    return header == null ? new RecordHeaders() : new RecordHeaders().add(header);
  }

  /** In milliseconds since 1970; without such a header the record's own timestamp. */
  public static long ms(ConsumerRecord<?, ?> record) {
    Header header = record.headers().lastHeader(HEADER);
    return header == null || header.value() == null || header.value().length != Long.BYTES
        ? record.timestamp()
        : ByteBuffer.wrap(header.value()).getLong();
  }
}
