package dev.remask.topology;

import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.Document;
import java.io.EOFException;
import java.io.IOException;
import java.util.Map;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * From the bytes of a documents record to the document. Decoding happens inside the packer and not
 * in a Kafka deserializer, so that an unreadable record is counted in the books in the same
 * transaction (invariant 5). Used by one thread.
 */
@FunctionalInterface
public interface DocumentDecoder {
  /**
   * @throws BadDocument if the bytes are at fault; whatever else is thrown stops the packer
   */
  Document decode(String topic, Headers headers, byte[] value);

  /**
   * Avro in the registry's wire format.
   *
   * @param config as {@link AvroSerdes#of} takes it
   */
  static DocumentDecoder avro(Map<String, ?> config) {
    return avro(AvroSerdes.of(Document.class, config).deserializer());
  }

  /** Avro through a given deserializer; tells bad bytes from an outage of the registry. */
  static DocumentDecoder avro(Deserializer<Document> deserializer) {
    return (topic, headers, value) -> {
      try {
        return deserializer.deserialize(topic, headers, value);
      } catch (SerializationException e) {
        if (isOutage(e)) {
          throw e;
        }
        throw new BadDocument(BadDocument.Reason.UNREADABLE, reasonOf(e), e);
      }
    };
  }

  /**
   * Confluent's serde wraps a refused connection in a SerializationException, which would look like
   * bad bytes. An I/O failure in the chain is an outage, except those with which Avro reports
   * malformed data.
   */
  private static boolean isOutage(SerializationException e) {
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      boolean ofTheData =
          cause instanceof EOFException
              || cause.getClass().getPackageName().startsWith("org.apache.avro");
      if (cause instanceof IOException && !ofTheData) {
        return true;
      }
    }
    return false;
  }

  private static String reasonOf(Throwable e) {
    @Nullable Throwable cause = e.getCause();
    return cause == null ? String.valueOf(e.getMessage()) : e.getMessage() + ": " + cause;
  }
}
