package dev.remask.topology;

import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Document;
import dev.remask.schemas.DocumentIds;
import dev.remask.schemas.DocumentsFormat;
import java.io.EOFException;
import java.io.IOException;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * From a record of the documents topic to the document. Decoding happens inside the packer and not
 * in a Kafka deserializer, so that an unreadable record is counted in the books in the same
 * transaction (invariant 5). Used by one thread.
 */
@FunctionalInterface
public interface DocumentDecoder {
  /**
   * A document as the packer takes it.
   *
   * @param id what its spans name, its duplicates share, and its half is decided by
   * @param source where it came from, at most {@value #SOURCE_CHARS_MAX} characters; null if it
   *     does not say
   */
  record Decoded(String id, String text, @Nullable String source) {
    /**
     * Each segment repeats the sources of its documents. A longer one is cut: it is for people, and
     * no reason to lose a text.
     */
    static final int SOURCE_CHARS_MAX = 256;

    /** An empty source says nothing. */
    public Decoded {
      if (source != null && source.length() > SOURCE_CHARS_MAX) {
        boolean splitsPair = Character.isHighSurrogate(source.charAt(SOURCE_CHARS_MAX - 1));
        source = source.substring(0, SOURCE_CHARS_MAX - (splitsPair ? 1 : 0));
      }
      source = source == null || source.isEmpty() ? null : source;
    }

    public Decoded(String id, String text) {
      this(id, text, null);
    }
  }

  /**
   * Reads one record, which has a value.
   *
   * @throws BadDocument if the record is at fault; whatever else is thrown stops the packer
   */
  Decoded decode(ConsumerRecord<byte[], byte[]> record);

  /**
   * As the dataset says.
   *
   * @param config as {@link AvroSerdes#of} takes it
   * @throws ConfigException as {@link #check}
   */
  static DocumentDecoder of(Dataset dataset, Map<String, ?> config) {
    check(dataset);
    return switch (dataset.getDocumentsFormat()) {
      case AVRO -> avro(ids(dataset), AvroSerdes.of(Document.class, config).deserializer());
      case TEXT -> text(ids(dataset));
      case JSON -> json(dataset);
      case UNKNOWN -> throw new AssertionError("refused by check");
    };
  }

  /**
   * Whether the documents can be read as the dataset says.
   *
   * @throws ConfigException if not, by the name of the setting
   */
  static void check(Dataset dataset) {
    DocumentsFormat format = dataset.getDocumentsFormat();
    if (format == DocumentsFormat.UNKNOWN) {
      throw new ConfigException("documents.format", format, "must be avro, text or json");
    }
    DocumentIds ids = dataset.getDocumentIds();
    if (ids == DocumentIds.UNKNOWN) {
      throw new ConfigException("documents.id", ids, "must be key, place or field");
    }
    if (ids == DocumentIds.FIELD && format != DocumentsFormat.JSON) {
      throw new ConfigException(
          "documents.id", "field", "must be key or place where documents.format is not json");
    }
    if (format != DocumentsFormat.JSON && !dataset.getDocumentSourceField().isEmpty()) {
      throw new ConfigException(
          "documents.source.field",
          dataset.getDocumentSourceField(),
          "must be empty unless documents.format is json");
    }
    if (format == DocumentsFormat.JSON) {
      textField(dataset);
      source(dataset);
    }
    if (ids == DocumentIds.FIELD) {
      idField(dataset);
    }
  }

  /** Avro through a given deserializer; tells bad bytes from an outage of the registry. */
  static DocumentDecoder avro(
      Function<ConsumerRecord<byte[], byte[]>, String> ids, Deserializer<Document> deserializer) {
    return record -> {
      String id = ids.apply(record);
      try {
        Document document =
            deserializer.deserialize(record.topic(), record.headers(), record.value());
        requireNothingReplaced(document, record.value());
        return new Decoded(id, document.getText(), document.getSource());
      } catch (SerializationException e) {
        if (isOutage(e)) {
          throw e;
        }
        throw new BadDocument(BadDocument.Reason.UNREADABLE, reasonOf(e), e);
      }
    };
  }

  /**
   * Avro itself, so also Confluent's serde, makes U+FFFD of what is not UTF-8, and so does ours
   * where the writer's schema says bytes. One that was written as such is in the payload.
   */
  private static void requireNothingReplaced(Document document, byte[] payload) {
    int found = Utf8.replacements(document.getText());
    String source = document.getSource();
    found += source == null ? 0 : Utf8.replacements(source);
    if (found > 0 && found > Utf8.replacements(payload)) {
      throw new BadDocument(BadDocument.Reason.UNREADABLE, "a string is not UTF-8");
    }
  }

  private static DocumentDecoder text(Function<ConsumerRecord<byte[], byte[]>, String> ids) {
    return record -> new Decoded(ids.apply(record), Utf8.unreadableUnless(record.value()));
  }

  private static DocumentDecoder json(Dataset dataset) {
    JsonField text = textField(dataset);
    Function<String, @Nullable String> source = source(dataset);
    if (dataset.getDocumentIds() != DocumentIds.FIELD) {
      Function<ConsumerRecord<byte[], byte[]>, String> ids = ids(dataset);
      return record -> {
        String id = ids.apply(record);
        String json = Utf8.unreadableUnless(record.value());
        return new Decoded(id, text.text(json), source.apply(json));
      };
    }
    JsonField id = idField(dataset);
    return record -> {
      String json = Utf8.unreadableUnless(record.value());
      return new Decoded(id.id(json), text.text(json), source.apply(json));
    };
  }

  private static Function<String, @Nullable String> source(Dataset dataset) {
    if (dataset.getDocumentSourceField().isEmpty()) {
      return json -> null;
    }
    JsonField field = sourceField(dataset);
    return field::textOrNull;
  }

  private static JsonField sourceField(Dataset dataset) {
    return JsonField.of("documents.source.field", dataset.getDocumentSourceField());
  }

  private static JsonField textField(Dataset dataset) {
    return JsonField.of("documents.text.field", dataset.getDocumentTextField());
  }

  private static JsonField idField(Dataset dataset) {
    return JsonField.of("documents.id.field", dataset.getDocumentIdField());
  }

  /** Of ids that are not in the value. */
  private static Function<ConsumerRecord<byte[], byte[]>, String> ids(Dataset dataset) {
    return dataset.getDocumentIds() == DocumentIds.PLACE ? DocumentId::place : DocumentId::key;
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
