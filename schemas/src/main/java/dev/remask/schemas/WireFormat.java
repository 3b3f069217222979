package dev.remask.schemas;

import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;

/**
 * What Confluent's serializers put in front of every value: a zero byte and the schema's id, 4
 * bytes big-endian.
 *
 * <p>Since release 8 they may carry the schema's GUID in a header instead. A reader looks at that
 * header first, so a value written in this format must not travel with one that was copied from
 * another record.
 */
final class WireFormat {
  static final int PREFIX_BYTES = 1 + Integer.BYTES;

  private static final byte MAGIC = 0;
  private static final String KEY_HEADER = "__key_schema_id";
  private static final String VALUE_HEADER = "__value_schema_id";

  private WireFormat() {}

  static byte[] prefix(int schemaId) {
    return ByteBuffer.allocate(PREFIX_BYTES).put(MAGIC).putInt(schemaId).array();
  }

  /** SerializationException unless the payload starts with a prefix. */
  static int schemaId(byte[] payload) {
    if (payload.length < PREFIX_BYTES) {
      throw new SerializationException(
          "a payload of " + payload.length + " bytes is too short for a schema id");
    }
    if (payload[0] != MAGIC) {
      throw new SerializationException(
          "the payload starts with byte "
              + payload[0]
              + ", not with 0: not in the registry's format");
    }
    return ByteBuffer.wrap(payload, 1, Integer.BYTES).getInt();
  }

  /** SerializationException if the schema's id is in a header, which is not supported. */
  static void requireIdInPayload(Headers headers, boolean isKey) {
    String header = isKey ? KEY_HEADER : VALUE_HEADER;
    if (headers.lastHeader(header) != null) {
      throw new SerializationException(
          "the schema's id is in the header "
              + header
              + "; only ids in front of the payload are read");
    }
  }

  /** Removes what would make a reader ignore the prefix. */
  static void dropIdHeaders(Headers headers) {
    headers.remove(KEY_HEADER);
    headers.remove(VALUE_HEADER);
  }
}
