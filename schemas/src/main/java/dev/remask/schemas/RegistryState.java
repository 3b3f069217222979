package dev.remask.schemas;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the records of a {@code _schemas} topic add up to. The records are those of Confluent's
 * registry, so that either can go on where the other stopped:
 *
 * <pre>{@code
 * {"keytype":"SCHEMA","subject":s,"version":n,"magic":1} -> {"subject":s,"version":n,"id":i,...}
 * {"keytype":"CONFIG","subject":s,"magic":0}             -> {"compatibilityLevel":"FULL"}
 * {"keytype":"DELETE_SUBJECT","subject":s,"magic":0}     -> {"subject":s,"version":n}
 * }</pre>
 *
 * A CONFIG without subject is the default. A null value takes its key back. Other kinds of records
 * say nothing that is needed here. Not thread-safe.
 */
final class RegistryState {
  private static final String DEFAULT = "";

  private final SortedMap<String, SortedMap<Integer, SubjectVersion>> subjects = new TreeMap<>();
  private final Map<Integer, SubjectVersion> byId = new HashMap<>();
  private final Map<String, Integer> idsBySchema = new HashMap<>();
  private final Map<String, CompatibilityLevel> levels = new HashMap<>();
  private int lastId;

  static String schemaKey(SubjectVersion version) {
    return Json.object()
        .put("keytype", "SCHEMA")
        .put("subject", version.subject())
        .put("version", version.version())
        .put("magic", 1)
        .toString();
  }

  static String schemaValue(SubjectVersion version) {
    return version.toJson().put("deleted", version.deleted()).toString();
  }

  static String levelKey(@Nullable String subject) {
    var key = Json.object().put("keytype", "CONFIG");
    return (subject == null ? key : key.put("subject", subject)).put("magic", 0).toString();
  }

  static String levelValue(CompatibilityLevel level) {
    return Json.object().put("compatibilityLevel", level.name()).toString();
  }

  /** IllegalArgumentException if it is no registry's record. */
  void apply(String keyText, @Nullable String valueText) {
    JsonNode key = Json.read(keyText);
    String subject = key.path("subject").asText(DEFAULT);
    @Nullable JsonNode value = valueText == null ? null : Json.read(valueText);
    switch (key.path("keytype").asText()) {
      case "SCHEMA" -> applySchema(subject, key.path("version").asInt(), value);
      case "CONFIG" -> applyLevel(subject, value);
      case "DELETE_SUBJECT" -> applyDelete(subject, value);
      default -> {}
    }
  }

  /** Versions that are not deleted, by number. */
  SortedMap<Integer, SubjectVersion> versions(String subject) {
    SortedMap<Integer, SubjectVersion> live = new TreeMap<>(all(subject));
    live.values().removeIf(SubjectVersion::deleted);
    return live;
  }

  /** Subjects with at least one version that is not deleted, by name. */
  List<String> subjects() {
    return subjects.keySet().stream().filter(name -> !versions(name).isEmpty()).toList();
  }

  Optional<SubjectVersion> byId(int id) {
    return Optional.ofNullable(byId.get(id));
  }

  /** The id that this text has in any subject, otherwise the next free one. */
  int idFor(String schema) {
    return idsBySchema.getOrDefault(schema, lastId + 1);
  }

  int nextVersion(String subject) {
    SortedMap<Integer, SubjectVersion> versions = all(subject);
    return versions.isEmpty() ? 1 : versions.lastKey() + 1;
  }

  Optional<CompatibilityLevel> level(String subject) {
    return Optional.ofNullable(levels.get(subject));
  }

  CompatibilityLevel defaultLevel() {
    return levels.getOrDefault(DEFAULT, CompatibilityLevel.BACKWARD);
  }

  private SortedMap<Integer, SubjectVersion> all(String subject) {
    return subjects.getOrDefault(subject, new TreeMap<>());
  }

  private void applySchema(String subject, int number, @Nullable JsonNode value) {
    if (value == null) {
      all(subject).remove(number);
      return;
    }
    SubjectVersion version = SubjectVersion.fromJson(value);
    subjects.computeIfAbsent(subject, name -> new TreeMap<>()).put(number, version);
    byId.putIfAbsent(version.id(), version);
    if (version.isPlainAvro()) {
      idsBySchema.putIfAbsent(version.schema(), version.id());
    }
    lastId = Math.max(lastId, version.id());
  }

  private void applyLevel(String subject, @Nullable JsonNode value) {
    String level = value == null ? "" : value.path("compatibilityLevel").asText();
    CompatibilityLevel.parse(level)
        .ifPresentOrElse(known -> levels.put(subject, known), () -> levels.remove(subject));
  }

  private void applyDelete(String subject, @Nullable JsonNode value) {
    if (value == null) {
      return;
    }
    int last = value.path("version").asInt();
    all(subject).headMap(last + 1).replaceAll((number, version) -> version.asDeleted());
  }
}
