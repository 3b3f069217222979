package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.kafka.common.serialization.Serde;
import org.junit.jupiter.api.Test;

/** What holds for every schema that travels. */
class SchemaTest {
  /** All of them are reached from these. */
  private static final List<Schema> ROOTS =
      List.of(
          Document.getClassSchema(),
          Dataset.getClassSchema(),
          Segment.getClassSchema(),
          PlanEvent.getClassSchema(),
          MaskedExample.getClassSchema(),
          TrainingStep.getClassSchema(),
          PackerState.getClassSchema());

  @Test
  void everyTypeAndFieldIsDocumented() {
    List<String> undocumented = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    ROOTS.forEach(root -> collectUndocumented(root, seen, undocumented));
    assertThat(undocumented).isEmpty();
    assertThat(seen).hasSizeGreaterThan(21);
  }

  private static void collectUndocumented(Schema schema, Set<String> seen, List<String> found) {
    switch (schema.getType()) {
      case ARRAY -> collectUndocumented(schema.getElementType(), seen, found);
      case UNION -> schema.getTypes().forEach(branch -> collectUndocumented(branch, seen, found));
      case ENUM, RECORD -> {
        if (!seen.add(schema.getFullName())) {
          return;
        }
        if (schema.getDoc() == null) {
          found.add(schema.getFullName());
        }
        if (schema.getType() == Schema.Type.RECORD) {
          for (Schema.Field field : schema.getFields()) {
            if (field.doc() == null) {
              found.add(schema.getFullName() + "." + field.name());
            }
            collectUndocumented(field.schema(), seen, found);
          }
        }
      }
      default -> {}
    }
  }

  /** Without a default symbol, no symbol could ever be added: older readers would fail. */
  @Test
  void everyEnumerationTellsOldReadersWhatToMakeOfANewSymbol() {
    for (Schema schema :
        List.of(
            TokenWidth.getClassSchema(),
            InputFormat.getClassSchema(),
            MaskingKind.getClassSchema(),
            SelectionKind.getClassSchema())) {
      assertThat(schema.getEnumDefault()).isEqualTo("UNKNOWN");
    }
  }

  @Test
  void strippingJavaChangesNoMeaning() {
    for (Schema schema : ROOTS) {
      Schema plain = SchemaText.withoutJavaProperties(schema);
      assertThat(plain.toString()).doesNotContain("avro.java");
      assertThat(plain.toString())
          .isEqualTo(
              schema
                  .toString()
                  .replaceAll(
                      "\\{\"type\":\"string\",\"avro.java.string\":\"String\"}", "\"string\""));
      assertThat(SchemaCompatibility.checkReaderWriterCompatibility(schema, plain).getType())
          .isEqualTo(SchemaCompatibility.SchemaCompatibilityType.COMPATIBLE);
    }
  }

  /** Written out by hand from the Avro specification, so that no later release can read it anew. */
  @Test
  void aSegmentHasTheseBytes() {
    String golden =
        "00 00000001" // the first schema of an empty registry
            + "06 d804 02" // partition 3, sequence 300, width 1
            + "10 0000 0201 ffff 0200" // 8 bytes of tokens
            + "04" // two documents
            + "02 61 02 04 00" // "a" from 1 to 2, no source
            + "04 c3a9 04 06 02 08 6e657773" // "é" from 2 to 3, source "news"
            + "00" // no more documents
            + "01 02 01" // second part -1, next sentence: second branch, true
            + "0e 04 02 02 02 02 02 8001 01 06 04 02 12 08 0a"; // the books
    String url = "mock://" + UUID.randomUUID();
    try (Serde<Segment> serde = AvroSerdes.of(Segment.class, Samples.registry(url))) {
      byte[] written = serde.serializer().serialize("t", Samples.segment());
      assertThat(HexFormat.of().formatHex(written)).isEqualTo(golden.replace(" ", ""));
      assertThat(serde.deserializer().deserialize("t", written)).isEqualTo(Samples.segment());
    }
  }

  /** A writer of a later release adds a field and a symbol; this release reads on. */
  @Test
  void aLaterWritersRecordIsRead() {
    String later =
        Document.getClassSchema()
            .toString()
            .replace("\"fields\":[", "\"fields\":[{\"name\":\"lang\",\"type\":\"string\"},");
    String url = "mock://" + UUID.randomUUID();
    RegistryClient registry = RegistryClients.of(RegistryConfig.of(Samples.registry(url)));
    int id = registry.register("t-value", SchemaText.parse(later));
    byte[] payload = {0, 0, 0, 0, (byte) id, 4, 'd', 'e', 2, 'x', 0};
    try (Serde<Document> serde = AvroSerdes.of(Document.class, Samples.registry(url))) {
      assertThat(serde.deserializer().deserialize("t", payload)).isEqualTo(new Document("x", null));
    }
  }
}
