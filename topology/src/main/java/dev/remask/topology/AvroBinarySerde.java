package dev.remask.topology;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Plain Avro binary behind one version byte, without a registry: for state stores, whose changelogs
 * only this program reads. Under the registry's serde every changelog would claim a subject.
 */
final class AvroBinarySerde {
  private static final byte VERSION = 1;

  private AvroBinarySerde() {}

  static <V extends SpecificRecord> Serde<V> of(Schema schema) {
    Serializer<V> serializer = (topic, value) -> value == null ? null : encode(schema, value);
    Deserializer<V> deserializer = (topic, bytes) -> bytes == null ? null : decode(schema, bytes);
    return Serdes.serdeFrom(serializer, deserializer);
  }

  private static <V extends SpecificRecord> byte[] encode(Schema schema, V value) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(VERSION);
    try {
      BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
      new SpecificDatumWriter<V>(schema).write(value, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static <V extends SpecificRecord> @Nullable V decode(Schema schema, byte[] bytes) {
    if (bytes.length == 0 || bytes[0] != VERSION) {
      throw new SerializationException(
          "state of version "
              + (bytes.length == 0 ? "none" : bytes[0])
              + "; this program reads version "
              + VERSION);
    }
    try {
      return new SpecificDatumReader<V>(schema)
          .read(null, DecoderFactory.get().binaryDecoder(bytes, 1, bytes.length - 1, null));
    } catch (IOException e) {
      throw new SerializationException("state that is no " + schema.getFullName(), e);
    }
  }
}
