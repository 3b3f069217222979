package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.avro.Schema;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaRegistryTest {
  /** Everything that can be asked, as text. */
  private static String seen(SchemaRegistry registry) {
    StringBuilder text = new StringBuilder().append(registry.defaultLevel());
    for (String subject : registry.subjects()) {
      for (int version : registry.versions(subject)) {
        text.append('\n').append(registry.version(subject, Integer.toString(version)));
      }
    }
    return text.toString();
  }

  @Property(tries = 200)
  void aRestartChangesNothing(@ForAll @Size(max = 30) List<@IntRange(max = 99) Integer> steps) {
    SchemaLog log = SchemaLog.inMemory();
    SchemaRegistry registry = new SchemaRegistry(log);
    for (int step : steps) {
      try {
        if (step < 5) {
          registry.setLevel(step == 0 ? null : "s" + step, step % 2 == 0 ? "NONE" : "FULL");
        } else {
          Schema schema = step % 10 == 9 ? Samples.incompatible() : Samples.schema(step % 10);
          registry.register("s" + step / 25, schema.toString());
        }
      } catch (RegistryException e) {
        assertThat(e.code()).isEqualTo(SchemaRegistry.INCOMPATIBLE);
      }
      assertThat(seen(new SchemaRegistry(log))).isEqualTo(seen(registry));
    }
  }

  /** A record as Confluent's registry writes it, and the ones it is written as here. */
  @Test
  void recordsAreThoseOfConfluentsRegistry() {
    List<String> records = new ArrayList<>();
    SchemaRegistry registry =
        new SchemaRegistry(
            new SchemaLog() {
              @Override
              public void replay(BiConsumer<String, String> sink) {
                sink.accept("{\"keytype\":\"NOOP\",\"magic\":0}", null);
                sink.accept(
                    "{\"keytype\":\"SCHEMA\",\"subject\":\"s\",\"version\":2,\"magic\":1}",
                    "{\"subject\":\"s\",\"version\":2,\"id\":7,\"md5\":\"x\",\"schemaType\":\"AVRO\","
                        + "\"schema\":\"\\\"string\\\"\",\"deleted\":false}");
                sink.accept(
                    "{\"keytype\":\"SCHEMA\",\"subject\":\"p\",\"version\":1,\"magic\":1}",
                    "{\"subject\":\"p\",\"version\":1,\"id\":8,\"schemaType\":\"PROTOBUF\","
                        + "\"schema\":\"syntax\",\"deleted\":false}");
                sink.accept(
                    "{\"keytype\":\"SCHEMA\",\"subject\":\"gone\",\"version\":1,\"magic\":1}",
                    "{\"subject\":\"gone\",\"version\":1,\"id\":9,\"schema\":\"\\\"int\\\"\"}");
                sink.accept(
                    "{\"keytype\":\"DELETE_SUBJECT\",\"subject\":\"gone\",\"magic\":0}",
                    "{\"subject\":\"gone\",\"version\":1}");
                sink.accept(
                    "{\"keytype\":\"CONFIG\",\"magic\":0}", "{\"compatibilityLevel\":\"FULL\"}");
                sink.accept(
                    "{\"keytype\":\"CONFIG\",\"subject\":\"s\",\"magic\":0}",
                    "{\"compatibilityLevel\":\"NONE\"}");
              }

              @Override
              public void append(String key, String value) {
                records.add(key + " " + value);
              }
            });
    assertThat(registry.subjects()).containsExactly("p", "s");
    assertThat(registry.byId(8).type()).isEqualTo("PROTOBUF");
    assertThat(registry.byId(9).schema()).as("old records stay readable").isEqualTo("\"int\"");
    assertThat(registry.defaultLevel()).isEqualTo(CompatibilityLevel.FULL);
    assertThat(registry.level("s")).isEqualTo(CompatibilityLevel.NONE);

    registry.register("s", "\"long\"");
    registry.register("gone", "\"int\"");
    registry.setLevel("s", "BACKWARD");
    registry.setLevel(null, "NONE");
    assertThat(records)
        .containsExactly(
            "{\"keytype\":\"SCHEMA\",\"subject\":\"s\",\"version\":3,\"magic\":1} "
                + "{\"subject\":\"s\",\"version\":3,\"id\":10,\"schemaType\":\"AVRO\","
                + "\"schema\":\"\\\"long\\\"\",\"deleted\":false}",
            "{\"keytype\":\"SCHEMA\",\"subject\":\"gone\",\"version\":2,\"magic\":1} "
                + "{\"subject\":\"gone\",\"version\":2,\"id\":9,\"schemaType\":\"AVRO\","
                + "\"schema\":\"\\\"int\\\"\",\"deleted\":false}",
            "{\"keytype\":\"CONFIG\",\"subject\":\"s\",\"magic\":0} "
                + "{\"compatibilityLevel\":\"BACKWARD\"}",
            "{\"keytype\":\"CONFIG\",\"magic\":0} {\"compatibilityLevel\":\"NONE\"}");
    assertThatThrownBy(() -> registry.register("p", "\"int\""))
        .as("what it cannot compare it does not replace")
        .isInstanceOf(RegistryException.class);
  }

  /** The log may have the record although it reported a failure; then its id is taken. */
  @Test
  void anIdIsNotGivenTwiceAfterALostAnswer() {
    SchemaLog kept = SchemaLog.inMemory();
    boolean[] answerLost = {false};
    SchemaRegistry registry =
        new SchemaRegistry(
            new SchemaLog() {
              @Override
              public void replay(BiConsumer<String, String> sink) {
                kept.replay(sink);
              }

              @Override
              public void append(String key, String value) {
                kept.append(key, value);
                if (answerLost[0]) {
                  throw new TimeoutException("lost");
                }
              }
            });
    registry.register("s", "\"int\"");
    answerLost[0] = true;
    assertThatThrownBy(() -> registry.register("t", "\"long\"")).hasMessage("lost");
    assertThat(registry.subjects()).as("questions are still answered").containsExactly("s");
    answerLost[0] = false;
    assertThat(registry.register("u", "\"float\"").id()).isEqualTo(3);
    assertThat(registry.register("t", "\"long\"").id()).isEqualTo(2);
  }

  private static final Map<String, String> CHANGES =
      Map.of(
          "same", "{\"name\":\"f\",\"type\":\"int\"}",
          "addOptional",
              "{\"name\":\"f\",\"type\":\"int\"},{\"name\":\"g\",\"type\":\"int\",\"default\":0}",
          "addRequired", "{\"name\":\"f\",\"type\":\"int\"},{\"name\":\"g\",\"type\":\"int\"}",
          "removeRequired", "",
          "widen", "{\"name\":\"f\",\"type\":\"long\"}",
          "retype", "{\"name\":\"f\",\"type\":\"string\"}");

  /** Avro's rules for the change of a record, per level. */
  @ParameterizedTest
  @CsvSource({
    // change,        BACKWARD, FORWARD, FULL
    "addOptional,     true,     true,    true",
    "addRequired,     false,    true,    false",
    "removeRequired,  true,     false,   false",
    "widen,           true,     false,   false",
    "retype,          false,    false,   false",
  })
  void levelsAllowWhatTheyPromise(String change, boolean backward, boolean forward, boolean full) {
    Schema old = record(CHANGES.get("same"));
    Schema next = record(CHANGES.get(change));
    assertAllowed("BACKWARD", backward, List.of(old), next);
    assertAllowed("FORWARD", forward, List.of(old), next);
    assertAllowed("FULL", full, List.of(old), next);
    assertAllowed("NONE", true, List.of(old), next);
  }

  @Test
  void onlyTransitiveLevelsLookFurtherBack() {
    Schema text = record("{\"name\":\"f\",\"type\":\"string\"}");
    Schema nothing = record("");
    Schema number = record("{\"name\":\"f\",\"type\":\"int\",\"default\":0}");
    assertAllowed("FULL", true, List.of(text, nothing), number);
    assertAllowed("BACKWARD_TRANSITIVE", false, List.of(text, nothing), number);
    assertAllowed("FORWARD_TRANSITIVE", false, List.of(text, nothing), number);
    assertAllowed("FULL_TRANSITIVE", false, List.of(text, nothing), number);
  }

  private static void assertAllowed(
      String level, boolean allowed, List<Schema> older, Schema next) {
    assertThat(CompatibilityLevel.valueOf(level).objections(next, older).isEmpty())
        .as(level)
        .isEqualTo(allowed);
  }

  private static Schema record(String fields) {
    return new Schema.Parser()
        .parse("{\"type\":\"record\",\"name\":\"R\",\"fields\":[" + fields + "]}");
  }
}
