package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.junit.jupiter.api.Test;

class RegistryAvroSerdeTest {
  private static final Map<String, Object> CONFIG =
      Map.of("schema.registry.url", "mock://RegistryAvroSerdeTest");

  @Test
  void whatIsWrittenIsRead() {
    try (Serde<Document> serde = AvroSerdes.of(Document.class, CONFIG)) {
      Document document = new Document("text", null);
      byte[] bytes = serde.serializer().serialize("t", document);
      assertThat(serde.deserializer().deserialize("t", bytes)).isEqualTo(document);
    }
  }
}
