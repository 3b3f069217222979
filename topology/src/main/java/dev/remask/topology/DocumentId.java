package dev.remask.topology;

import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The id of a document: 1 to {@value #BYTES_MAX} bytes of UTF-8. */
final class DocumentId {
  /** Each segment repeats the ids of its documents. */
  static final int BYTES_MAX = 1024;

  private DocumentId() {}

  static String key(ConsumerRecord<byte[], byte[]> record) {
    byte[] key = record.key();
    if (key == null) {
      throw bad("the record has no key");
    }
    requireLength(key.length);
    try {
      return Utf8.decode(key);
    } catch (CharacterCodingException e) {
      throw new BadDocument(BadDocument.Reason.BAD_ID, "the id is not UTF-8", e);
    }
  }

  /** Never the id of another record of the topic. */
  static String place(ConsumerRecord<byte[], byte[]> record) {
    return record.partition() + "-" + record.offset();
  }

  static String of(String text) {
    if (!Utf8.canEncode(text)) {
      throw bad("the id holds half a surrogate pair");
    }
    requireLength(text.getBytes(StandardCharsets.UTF_8).length);
    return text;
  }

  private static void requireLength(int bytes) {
    if (bytes == 0 || bytes > BYTES_MAX) {
      throw bad(bytes + " bytes of id; must be 1 to " + BYTES_MAX);
    }
  }

  static BadDocument bad(String detail) {
    return new BadDocument(BadDocument.Reason.BAD_ID, detail);
  }
}
