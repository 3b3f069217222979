package dev.remask.schemas;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a schema registry for Avro, as Confluent's keeps them. Everything it knows is in its
 * log: an operation appends a record, and the record changes the state. Refuses with a {@link
 * RegistryException}. Thread-safe.
 */
final class SchemaRegistry implements AutoCloseable {
  static final int SUBJECT_NOT_FOUND = 40401;
  static final int VERSION_NOT_FOUND = 40402;
  static final int SCHEMA_NOT_FOUND = 40403;
  static final int LEVEL_NOT_FOUND = 40408;
  static final int INCOMPATIBLE = 40901;
  static final int INVALID_SCHEMA = 42201;
  static final int INVALID_VERSION = 42202;
  static final int INVALID_LEVEL = 42203;
  static final int INVALID_SUBJECT = 42208;

  private static final int SUBJECT_CHARS_MAX = 1024;
  private static final String LATEST = "latest";

  private final SchemaLog log;
  private RegistryState state;

  /** Whether the state is known to be all that the log holds. */
  private boolean certain = true;

  /** Reads the log to its end before it returns. */
  SchemaRegistry(SchemaLog log) {
    this.log = log;
    state = replayed(log);
  }

  static SchemaRegistry inMemory() {
    return new SchemaRegistry(SchemaLog.inMemory());
  }

  /** The version that holds this schema; a new one if there is none and its level allows it. */
  synchronized SubjectVersion register(String subject, String text) {
    requireValid(subject);
    Schema candidate = parse(text);
    String canonical = candidate.toString();
    RegistryState state = certainState();
    SortedMap<Integer, SubjectVersion> versions = state.versions(subject);
    Optional<SubjectVersion> known = find(versions, canonical);
    if (known.isPresent()) {
      return known.get();
    }
    List<String> objections =
        state
            .level(subject)
            .orElse(state.defaultLevel())
            .objections(candidate, schemas(List.copyOf(versions.values())));
    if (!objections.isEmpty()) {
      throw new RegistryException(
          INCOMPATIBLE, "incompatible with an earlier version: " + String.join("; ", objections));
    }
    SubjectVersion added =
        SubjectVersion.avro(subject, state.nextVersion(subject), state.idFor(canonical), canonical);
    append(RegistryState.schemaKey(added), RegistryState.schemaValue(added));
    return added;
  }

  synchronized SubjectVersion lookup(String subject, String text) {
    SortedMap<Integer, SubjectVersion> versions = requireVersions(subject);
    return find(versions, parse(text).toString())
        .orElseThrow(() -> new RegistryException(SCHEMA_NOT_FOUND, "schema not found"));
  }

  synchronized List<String> subjects() {
    return state.subjects();
  }

  synchronized List<Integer> versions(String subject) {
    return List.copyOf(requireVersions(subject).keySet());
  }

  /**
   * @param version a number or {@code latest}
   */
  synchronized SubjectVersion version(String subject, String version) {
    int number = number(version);
    SortedMap<Integer, SubjectVersion> versions = requireVersions(subject);
    @Nullable SubjectVersion found = versions.get(number < 0 ? versions.lastKey() : number);
    if (found == null) {
      throw new RegistryException(VERSION_NOT_FOUND, "version " + version + " not found");
    }
    return found;
  }

  synchronized SubjectVersion byId(int id) {
    return state
        .byId(id)
        .orElseThrow(() -> new RegistryException(SCHEMA_NOT_FOUND, "schema " + id + " not found"));
  }

  /**
   * Why the subject's level forbids the schema to follow this one version; empty if it does not.
   */
  synchronized List<String> objections(String subject, String version, String text) {
    Schema candidate = parse(text);
    if (number(version) < 0 && state.versions(subject).isEmpty()) {
      return List.of();
    }
    return state
        .level(subject)
        .orElse(state.defaultLevel())
        .objections(candidate, schemas(List.of(version(subject, version))));
  }

  synchronized CompatibilityLevel defaultLevel() {
    return state.defaultLevel();
  }

  synchronized CompatibilityLevel level(String subject) {
    return state
        .level(subject)
        .orElseThrow(
            () -> new RegistryException(LEVEL_NOT_FOUND, "subject " + subject + " has no level"));
  }

  /**
   * @param subject null for the default
   */
  synchronized CompatibilityLevel setLevel(@Nullable String subject, String name) {
    if (subject != null) {
      requireValid(subject);
    }
    CompatibilityLevel level =
        CompatibilityLevel.parse(name)
            .orElseThrow(() -> new RegistryException(INVALID_LEVEL, "no such level: " + name));
    certainState();
    append(RegistryState.levelKey(subject), RegistryState.levelValue(level));
    return level;
  }

  @Override
  public synchronized void close() {
    log.close();
  }

  private static RegistryState replayed(SchemaLog log) {
    RegistryState state = new RegistryState();
    log.replay(state::apply);
    return state;
  }

  /** The state to decide a change on. */
  private RegistryState certainState() {
    if (!certain) {
      state = replayed(log);
      certain = true;
    }
    return state;
  }

  /**
   * If the log fails, nobody knows whether it has the record: it is read again before the next
   * change. Until then questions are answered as before.
   */
  private void append(String key, String value) {
    certain = false;
    log.append(key, value);
    state.apply(key, value);
    certain = true;
  }

  private SortedMap<Integer, SubjectVersion> requireVersions(String subject) {
    SortedMap<Integer, SubjectVersion> versions = state.versions(subject);
    if (versions.isEmpty()) {
      throw new RegistryException(SUBJECT_NOT_FOUND, "subject " + subject + " not found");
    }
    return versions;
  }

  private static Optional<SubjectVersion> find(
      SortedMap<Integer, SubjectVersion> versions, String canonical) {
    return versions.values().stream()
        .filter(version -> version.isPlainAvro() && version.schema().equals(canonical))
        .findFirst();
  }

  private static List<Schema> schemas(List<SubjectVersion> versions) {
    return versions.stream()
        .map(
            version -> {
              if (!version.isPlainAvro()) {
                throw new RegistryException(
                    INVALID_SCHEMA,
                    "version " + version.version() + " is not an Avro schema without references");
              }
              return SchemaText.parse(version.schema());
            })
        .toList();
  }

  /** A version's number, negative for the latest. */
  private static int number(String version) {
    if (version.equals(LATEST) || version.equals("-1")) {
      return -1;
    }
    try {
      int number = Integer.parseInt(version);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Refused below.
    }
    throw new RegistryException(INVALID_VERSION, "a version is a number from 1 on, or latest");
  }

  private static Schema parse(String text) {
    try {
      return SchemaText.parseStrictly(text);
    } catch (IllegalArgumentException e) {
      throw new RegistryException(INVALID_SCHEMA, String.valueOf(e.getMessage()));
    }
  }

  private static void requireValid(String subject) {
    if (subject.isEmpty()
        || subject.length() > SUBJECT_CHARS_MAX
        || subject.chars().anyMatch(Character::isISOControl)) {
      throw new RegistryException(INVALID_SUBJECT, "a subject has 1 to 1024 printable characters");
    }
  }
}
