package dev.remask.schemas;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaCompatibility.SchemaPairCompatibility;

/**
 * What a new version of a schema owes the older ones. BACKWARD: its readers understand what was
 * written. FORWARD: older readers understand what it writes. FULL: both. TRANSITIVE: this holds for
 * all older versions and not for the latest alone.
 */
enum CompatibilityLevel {
  NONE(false, false, false),
  BACKWARD(true, false, false),
  BACKWARD_TRANSITIVE(true, false, true),
  FORWARD(false, true, false),
  FORWARD_TRANSITIVE(false, true, true),
  FULL(true, true, false),
  FULL_TRANSITIVE(true, true, true);

  private final boolean backward;
  private final boolean forward;
  private final boolean transitive;

  CompatibilityLevel(boolean backward, boolean forward, boolean transitive) {
    this.backward = backward;
    this.forward = forward;
    this.transitive = transitive;
  }

  static Optional<CompatibilityLevel> parse(String name) {
    return Arrays.stream(values()).filter(level -> level.name().equals(name)).findFirst();
  }

  /**
   * Why the candidate may not follow; empty if it may.
   *
   * @param older oldest first
   */
  List<String> objections(Schema candidate, List<Schema> older) {
    int first = transitive || older.isEmpty() ? 0 : older.size() - 1;
    return older.subList(first, older.size()).stream()
        .flatMap(
            old ->
                Stream.concat(
                    backward ? incompatibilities(candidate, old) : Stream.empty(),
                    forward ? incompatibilities(old, candidate) : Stream.empty()))
        .toList();
  }

  private static Stream<String> incompatibilities(Schema reader, Schema writer) {
    SchemaPairCompatibility pair =
        SchemaCompatibility.checkReaderWriterCompatibility(reader, writer);
    return pair.getType() == SchemaCompatibilityType.COMPATIBLE
        ? Stream.empty()
        : pair.getResult().getIncompatibilities().stream()
            .map(
                problem ->
                    problem.getType()
                        + " at "
                        + problem.getLocation()
                        + ": "
                        + problem.getMessage());
  }
}
