package dev.remask.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.topology.RecentDocuments.Standing;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;

/** The ring against plain models, over every stream of records up to a length. */
class RecentDocumentsTest {
  private static final int LENGTH = 4;

  /** What a record says: a document, a tombstone (no content), or nothing (no id). */
  private record Said(String id, String content) {}

  private static final List<Said> RECORDS =
      List.of(
          new Said("a", "1"),
          new Said("a", "2"),
          new Said("b", "1"),
          new Said("a", null),
          new Said(null, null));

  /** Of the last records, as many as the window has, the newest that names the id. */
  private static Standing windowed(List<Said> before, int window, Said now) {
    for (int i = before.size() - 1; i >= Math.max(0, before.size() - window); i--) {
      Said earlier = before.get(i);
      if (now.id().equals(earlier.id())) {
        return earlier.content() == null
            ? Standing.NEW
            : earlier.content().equals(now.content()) ? Standing.DUPLICATE : Standing.UPDATE;
      }
    }
    return Standing.NEW;
  }

  /** One that never forgets. */
  private static Standing unbounded(Map<String, String> contents, Said now) {
    String known = contents.get(now.id());
    return known == null
        ? Standing.NEW
        : known.equals(now.content()) ? Standing.DUPLICATE : Standing.UPDATE;
  }

  @Test
  void everyStreamIsRememberedAsTheModelsDo() {
    int streams = (int) Math.pow(RECORDS.size(), LENGTH);
    for (int window = 0; window <= LENGTH; window++) {
      for (int stream = 0; stream < streams; stream++) {
        for (int begun = 0; begun <= LENGTH; begun++) {
          check(stream, window, begun);
        }
      }
    }
  }

  /**
   * @param begun before this record all but the store is lost
   */
  private static void check(int stream, int window, int begun) {
    KeyValueStore<byte[], byte[]> contents = contents();
    RecentDocuments recent = new RecentDocuments(window, contents);
    List<Said> before = new ArrayList<>();
    Map<String, String> all = new HashMap<>();
    int rest = stream;
    for (int ordinal = 0; ordinal < LENGTH; ordinal++) {
      if (ordinal == begun) {
        recent = new RecentDocuments(window, contents);
      }
      Said now = RECORDS.get(rest % RECORDS.size());
      rest /= RECORDS.size();
      if (now.id() == null) {
        recent.pass(ordinal);
      } else if (now.content() == null) {
        recent.forget(ordinal, utf8(now.id()));
        all.remove(now.id());
      } else {
        Standing standing = recent.standing(utf8(now.id()), utf8(now.content()));
        assertThat(standing)
            .as("%s after %s, window %d", now, before, window)
            .isEqualTo(windowed(before, window, now));
        if (window >= LENGTH) {
          assertThat(standing).isEqualTo(unbounded(all, now));
        }
        recent.remember(ordinal, utf8(now.id()), utf8(now.content()));
        all.put(now.id(), now.content());
      }
      before.add(now);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static KeyValueStore<byte[], byte[]> contents() {
    KeyValueStore<byte[], byte[]> contents =
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore("contents"), Serdes.ByteArray(), Serdes.ByteArray())
            .withLoggingDisabled()
            .withCachingDisabled()
            .build();
    contents.init(CONTEXT.getStateStoreContext(), contents);
    return contents;
  }

  private static final MockProcessorContext<Void, Void> CONTEXT = new MockProcessorContext<>();
}
