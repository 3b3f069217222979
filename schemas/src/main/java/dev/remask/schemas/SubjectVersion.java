package dev.remask.schemas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * A schema as a version of a subject.
 *
 * @param version 1, 2 ... within the subject
 * @param id of the schema; the same in every subject that holds it
 * @param type AVRO, PROTOBUF or JSON
 * @param references what else the schema needs, as it was written; null for nothing
 * @param deleted kept for readers of old records only
 */
record SubjectVersion(
    String subject,
    int version,
    int id,
    String type,
    String schema,
    @Nullable JsonNode references,
    boolean deleted) {
  static final String AVRO = "AVRO";

  static SubjectVersion avro(String subject, int version, int id, String schema) {
    return new SubjectVersion(subject, version, id, AVRO, schema, null, false);
  }

  static SubjectVersion fromJson(JsonNode value) {
    JsonNode references = value.path("references");
    return new SubjectVersion(
        value.path("subject").asText(),
        value.path("version").asInt(),
        value.path("id").asInt(),
        value.path("schemaType").asText(AVRO),
        value.path("schema").asText(),
        references.isEmpty() ? null : references,
        value.path("deleted").asBoolean(false));
  }

  ObjectNode toJson() {
    ObjectNode value = Json.object().put("subject", subject).put("version", version).put("id", id);
    value.setAll(schemaJson());
    return value;
  }

  SubjectVersion asDeleted() {
    return new SubjectVersion(subject, version, id, type, schema, references, true);
  }

  /** The schema alone, as it is answered to a question for an id. */
  ObjectNode schemaJson() {
    ObjectNode value = Json.object().put("schemaType", type).put("schema", schema);
    return references == null ? value : value.set("references", references);
  }

  /** Whether it can be compared with another Avro schema. */
  boolean isPlainAvro() {
    return type.equals(AVRO) && references == null;
  }
}
