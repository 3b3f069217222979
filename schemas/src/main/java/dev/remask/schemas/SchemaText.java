package dev.remask.schemas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;

/** Schemas between Java and a registry. */
final class SchemaText {
  private static final String JAVA_STRING = "avro.java.string";

  private SchemaText() {}

  /**
   * A schema as another writer, perhaps in another language, registered it: its names and defaults
   * are not ours to judge. IllegalArgumentException if it is no Avro schema.
   */
  static Schema parse(String text) {
    Schema.Parser parser = new Schema.Parser(NameValidator.NO_VALIDATION);
    parser.setValidateDefaults(false);
    return parse(parser, text);
  }

  /** A schema that is new here. IllegalArgumentException if Avro's rules are not kept. */
  static Schema parseStrictly(String text) {
    return parse(new Schema.Parser(), text);
  }

  /** Avro answers a wrong schema with several exceptions, among them NullPointerException. */
  private static Schema parse(Schema.Parser parser, String text) {
    try {
      return parser.parse(text);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("no Avro schema: " + e.getMessage(), e);
    }
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
