package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.avro.Schema;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.junit.jupiter.api.Test;

/** What every registry that serdes are pointed at must do, whatever stands behind the URL. */
abstract class RegistryClientContract {
  /** Of an empty registry, another one for every test. */
  abstract String url();

  private RegistryClient client() {
    return RegistryClients.of(RegistryConfig.of(Samples.registry(url())));
  }

  @Test
  void aRegisteredSchemaIsFoundByItsId() {
    RegistryClient client = client();
    int id = client.register("s", Segment.getClassSchema());
    assertThat(client.schema(id, "s").toString()).isEqualTo(Segment.getClassSchema().toString());
    assertThat(client.lookup("s", Segment.getClassSchema())).isEqualTo(id);
  }

  @Test
  void registeringAgainChangesNothing() {
    RegistryClient client = client();
    int id = client.register("s", Samples.schema(0));
    int next = client.register("s", Samples.schema(1));
    assertThat(next).isNotEqualTo(id);
    assertThat(client.register("s", Samples.schema(0))).isEqualTo(id);
  }

  @Test
  void oneSchemaHasOneIdInAllSubjects() {
    RegistryClient client = client();
    assertThat(client.register("s", Samples.schema(0)))
        .isEqualTo(client.register("t", Samples.schema(0)));
  }

  @Test
  void subjectsMayHoldAnyCharacter() {
    RegistryClient client = client();
    String subject = "a/b ?c&d=%2F+é#-value";
    int id = client.register(subject, Samples.schema(0));
    assertThat(client.lookup(subject, Samples.schema(0))).isEqualTo(id);
    assertThatThrownBy(() -> client.lookup("a", Samples.schema(0)))
        .isExactlyInstanceOf(SerializationException.class);
  }

  @Test
  void whatIsNotThereIsNoOutage() {
    RegistryClient client = client();
    client.register("s", Samples.schema(0));
    assertThatThrownBy(() -> client.lookup("t", Samples.schema(0)))
        .isExactlyInstanceOf(SerializationException.class)
        .hasMessageContaining("40401");
    assertThatThrownBy(() -> client.lookup("s", Samples.schema(1)))
        .isExactlyInstanceOf(SerializationException.class)
        .hasMessageContaining("40403");
    assertThatThrownBy(() -> client.schema(999, "s"))
        .isExactlyInstanceOf(SerializationException.class)
        .hasMessageContaining("40403");
  }

  @Test
  void anIncompatibleSchemaIsRefused() {
    RegistryClient client = client();
    client.register("s", Samples.schema(0));
    assertThatThrownBy(() -> client.register("s", Samples.incompatible()))
        .isExactlyInstanceOf(SerializationException.class)
        .hasMessageContaining("40901")
        .hasMessageContaining("TYPE_MISMATCH");
  }

  @Test
  void aSerdeReadsWhatAnotherWrote() {
    var config = Samples.registry(url());
    try (Serde<Segment> writer = AvroSerdes.of(Segment.class, config);
        Serde<Segment> reader = AvroSerdes.of(Segment.class, config)) {
      byte[] bytes = writer.serializer().serialize("t", Samples.segment());
      assertThat(reader.deserializer().deserialize("t", bytes)).isEqualTo(Samples.segment());
    }
  }

  /** What an operator registers from a plain file must be what a Java writer looks up. */
  @Test
  void aSerdeFindsTheSchemaThatWasRegisteredWithoutJavaProperties() {
    String url = url();
    Schema plain = SchemaText.withoutJavaProperties(Document.getClassSchema());
    assertThat(plain.toString()).doesNotContain("avro.java.string");
    int id =
        RegistryClients.of(RegistryConfig.of(Samples.registry(url))).register("t-value", plain);
    try (Serde<Document> serde =
        AvroSerdes.of(
            Document.class, Map.of("schema.registry.url", url, "auto.register.schemas", "false"))) {
      byte[] bytes = serde.serializer().serialize("t", new Document("text", null));
      assertThat(WireFormat.schemaId(bytes)).isEqualTo(id);
      assertThatThrownBy(() -> serde.serializer().serialize("u", new Document("text", null)))
          .isExactlyInstanceOf(SerializationException.class);
    }
  }
}
