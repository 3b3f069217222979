package dev.remask.topology;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * What the last {@code window} records of a partition said of their ids. A document is a duplicate
 * if, among these records, the newest that names its id is a document with the same content, and an
 * update if it is one with another content.
 *
 * <p>A ring: the record with ordinal n takes place {@code n mod window} and drops what the record n
 * - window remembered, so the store and its changelog are bounded (invariant 10) and a function of
 * the partition's log alone (invariant 4).
 */
final class RecentDocuments {
  private final int window;
  private final KeyValueStore<byte[], byte[]> contents; // id -> ordinal (8 bytes), content hash

  /** Ordinal mod window -> id: the contents the other way round, so no store keeps it. */
  private final Map<Long, byte[]> places = new HashMap<>();

  /** Reads all that the store holds. */
  RecentDocuments(int window, KeyValueStore<byte[], byte[]> contents) {
    this.window = window;
    this.contents = contents;
    try (KeyValueIterator<byte[], byte[]> known = contents.all()) {
      known.forEachRemaining(of -> places.put(ordinal(of.value) % window, of.key));
    }
  }

  /** What a document is, next to those before it. */
  enum Standing {
    NEW,
    DUPLICATE,
    /** Its id had another content. */
    UPDATE
  }

  Standing standing(byte[] id, byte[] hash) {
    byte[] known = window == 0 ? null : contents.get(id);
    if (known == null) {
      return Standing.NEW;
    }
    boolean same = Arrays.equals(known, Long.BYTES, known.length, hash, 0, hash.length);
    return same ? Standing.DUPLICATE : Standing.UPDATE;
  }

  /** The record with this ordinal is a document. */
  void remember(long ordinal, byte[] id, byte[] hash) {
    if (window == 0) {
      return;
    }
    leave(ordinal, places.put(ordinal % window, id));
    contents.put(
        id, ByteBuffer.allocate(Long.BYTES + hash.length).putLong(ordinal).put(hash).array());
  }

  /** The record with this ordinal is a tombstone. */
  void forget(long ordinal, byte @Nullable [] id) {
    pass(ordinal);
    if (window > 0 && id != null) {
      contents.delete(id);
    }
  }

  /** The record with this ordinal says nothing. */
  void pass(long ordinal) {
    if (window > 0) {
      leave(ordinal, places.remove(ordinal % window));
    }
  }

  private void leave(long ordinal, byte @Nullable [] id) {
    byte[] known = id == null ? null : contents.get(id);
    // A newer record may have taken the id over.
    if (known != null && ordinal(known) == ordinal - window) {
      contents.delete(id);
    }
  }

  private static long ordinal(byte[] content) {
    return ByteBuffer.wrap(content).getLong();
  }
}
