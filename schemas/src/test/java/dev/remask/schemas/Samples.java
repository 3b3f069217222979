package dev.remask.schemas;

import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;

/** Values that several tests need. */
final class Samples {
  static final Topics TOPICS = new Topics("remask.");

  private Samples() {}

  static Map<String, Object> registry(String url) {
    return Map.of("schema.registry.url", url);
  }

  static Segment segment() {
    return Segment.newBuilder()
        .setPartition(3)
        .setSequence(300)
        .setWidth(TokenWidth.U16_LE)
        .setTokens(TokenIds.encode(new int[] {0, 258, 65535, 2}, TokenWidth.U16_LE))
        .setDocuments(
            List.of(new DocumentSpan("a", 1, 2, null), new DocumentSpan("é", 2, 3, "news")))
        .setSecondPart(-1)
        .setNextSentence(true)
        .setBooks(new Books(7L, 2L, 1L, 1L, 1L, 1L, 1L, 64L, -1L, 3L, 2L, 1L, 9L, 4L, 5L))
        .build();
  }

  /** A record of one field, in a version that every level lets follow version 0. */
  static Schema schema(int version) {
    StringBuilder fields = new StringBuilder("{\"name\":\"f\",\"type\":\"int\",\"default\":0}");
    for (int i = 1; i <= version; i++) {
      fields.append(",{\"name\":\"f").append(i).append("\",\"type\":\"int\",\"default\":0}");
    }
    return new Schema.Parser()
        .parse("{\"type\":\"record\",\"name\":\"R\",\"fields\":[" + fields + "]}");
  }

  /** One that no level but NONE lets follow {@link #schema}. */
  static Schema incompatible() {
    return new Schema.Parser()
        .parse(
            "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"f\",\"type\":\"string\"}]}");
  }
}
