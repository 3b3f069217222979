package dev.remask.schemas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;

/** Schemas between Java and a registry. */
final class SchemaText {
  private static final String JAVA_STRING = "avro.java.string";

  private SchemaText() {}

  /**
   * A schema as another writer, perhaps in another language, registered it: its names and defaults
   * are not ours to judge.
   *
   * @throws SchemaParseException if it is no Avro schema
   */
  static Schema parse(String text) {
    Schema.Parser parser = new Schema.Parser(NameValidator.NO_VALIDATION);
    parser.setValidateDefaults(false);
    return parser.parse(text);
  }

  /**
   * The schema without what it says to Java alone, so that it is the same schema as the one an
   * operator registered from a plain file.
   */
  static Schema withoutJavaProperties(Schema schema) {
    JsonNode tree = Json.read(schema.toString());
    strip(tree);
    return parse(tree.toString());
  }

  private static void strip(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.remove(JAVA_STRING);
    }
    node.forEach(SchemaText::strip);
  }
}
