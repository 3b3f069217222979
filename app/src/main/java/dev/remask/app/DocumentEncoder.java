package dev.remask.app;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Document;
import dev.remask.schemas.DocumentIds;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.Serializer;

/** From a document to the value that its dataset's packer reads. */
interface DocumentEncoder {
  byte[] encode(String id, Document document);

  /**
   * As the dataset's documents are written.
   *
   * @param clients as {@link AvroSerdes#of} takes it
   */
  static DocumentEncoder of(Dataset dataset, Map<String, Object> clients) {
    return switch (dataset.getDocumentsFormat()) {
      case AVRO -> avro(dataset.getDocumentsTopic(), clients);
      case TEXT -> (id, document) -> document.getText().getBytes(StandardCharsets.UTF_8);
      case JSON -> json(dataset);
      case UNKNOWN ->
          throw new ConfigException("documents.format", "unknown", "to this version of remask");
    };
  }

  private static DocumentEncoder avro(String topic, Map<String, Object> clients) {
    Serializer<Document> serializer = AvroSerdes.of(Document.class, clients).serializer();
    return (id, document) -> serializer.serialize(topic, document);
  }

  private static DocumentEncoder json(Dataset dataset) {
    return (id, document) -> {
      ObjectNode value = JsonNodeFactory.instance.objectNode();
      if (dataset.getDocumentIds() == DocumentIds.FIELD) {
        put(value, dataset.getDocumentIdField(), id);
      }
      put(value, dataset.getDocumentTextField(), document.getText());
      if (!dataset.getDocumentSourceField().isEmpty() && document.getSource() != null) {
        put(value, dataset.getDocumentSourceField(), document.getSource());
      }
      return value.toString().getBytes(StandardCharsets.UTF_8);
    };
  }

  /** Dots lead into objects. */
  private static void put(ObjectNode into, String path, String text) {
    String[] names = path.split("\\.", -1);
    ObjectNode at = into;
    for (int i = 0; i + 1 < names.length; i++) {
      at = at.withObjectProperty(names[i]);
    }
    at.put(names[names.length - 1], text);
  }
}
