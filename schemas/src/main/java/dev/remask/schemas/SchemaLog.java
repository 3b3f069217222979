package dev.remask.schemas;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Where a registry keeps what it was told. It may be compacted: of the records with one key, the
 * last one counts. One writer at a time.
 */
interface SchemaLog extends AutoCloseable {
  /**
   * Passes every record, oldest first; a null value deletes its key. Called before the first
   * append, and again before the next one after an append that failed.
   */
  void replay(BiConsumer<String, @Nullable String> sink);

  /**
   * Returns when the record is safely in the log. After an exception it may or may not be there.
   */
  void append(String key, String value);

  @Override
  default void close() {}

  /** A log that lives as long as its object. */
  static SchemaLog inMemory() {
    Map<String, String> records = new LinkedHashMap<>();
    return new SchemaLog() {
      @Override
      public void replay(BiConsumer<String, @Nullable String> sink) {
        records.forEach(sink);
      }

      @Override
      public void append(String key, String value) {
        records.remove(key);
        records.put(key, value);
      }
    };
  }
}
