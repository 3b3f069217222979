package dev.remask.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.schemas.Books;
import dev.remask.schemas.CarryState;
import dev.remask.schemas.DocumentSpan;
import dev.remask.schemas.PackerState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.Encoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;

class AvroBinarySerdeTest {
  /** If this fails, the state has changed: raise the version, and keep its schema here as well. */
  @Test
  void theVersionIsThatOfTheSchema() throws IOException {
    Schema kept = AvroBinarySerde.written(PackerState.class, AvroBinarySerde.VERSION);
    assertThat(SchemaNormalization.toParsingForm(PackerState.getClassSchema()))
        .isEqualTo(SchemaNormalization.toParsingForm(kept));
  }

  /** As a packer of before wrote it, field by field: what is new means what was. */
  @Test
  void aStateOfTheFirstVersionIsRead() throws IOException {
    Schema first = AvroBinarySerde.written(PackerState.class, 1);
    Schema carry = first.getField("training").schema();
    Schema span = carry.getField("documents").schema().getElementType();
    GenericRecord document = record(span, "document", "d", "start", 1, "end", 3);
    GenericRecord training =
        record(
            carry,
            "nextSequence",
            7L,
            "tokens",
            ByteBuffer.wrap(new byte[12]),
            "documents",
            new GenericData.Array<>(carry.getField("documents").schema(), List.of(document)));
    GenericRecord heldOut =
        record(
            carry,
            "nextSequence",
            0L,
            "tokens",
            ByteBuffer.allocate(0),
            "documents",
            new GenericData.Array<>(carry.getField("documents").schema(), List.of()));
    GenericRecord books = new GenericData.Record(first.getField("books").schema());
    for (int i = 0; i < books.getSchema().getFields().size(); i++) {
      books.put(i, (long) i);
    }
    GenericRecord state =
        record(first, "training", training, "heldOut", heldOut, "books", books, "nextOffset", 42L);

    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(1);
    Encoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new GenericDatumWriter<>(first).write(state, encoder);
    encoder.flush();
    assertThat(read(bytes.toByteArray()))
        .isEqualTo(
            new PackerState(
                new CarryState(
                    7L,
                    ByteBuffer.wrap(new byte[12]),
                    List.of(new DocumentSpan("d", 1, 3, null)),
                    ByteBuffer.allocate(0),
                    List.of()),
                new CarryState(
                    0L, ByteBuffer.allocate(0), List.of(), ByteBuffer.allocate(0), List.of()),
                new Books(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 0L, 0L, 0L, 0L, 0L, 0L),
                42L));
  }

  @Test
  void aStateOfALaterVersionIsRefused() {
    for (byte[] bytes :
        List.of(new byte[0], new byte[] {0}, new byte[] {AvroBinarySerde.VERSION + 1})) {
      assertThatThrownBy(() -> read(bytes))
          .isInstanceOf(SerializationException.class)
          .hasMessageContaining("state of version");
    }
  }

  private static PackerState read(byte[] bytes) {
    return AvroBinarySerde.of(PackerState.class).deserializer().deserialize("", bytes);
  }

  private static GenericRecord record(Schema schema, Object... fields) {
    GenericRecordBuilder builder = new GenericRecordBuilder(schema);
    for (int i = 0; i < fields.length; i += 2) {
      builder.set((String) fields[i], fields[i + 1]);
    }
    return builder.build();
  }
}
