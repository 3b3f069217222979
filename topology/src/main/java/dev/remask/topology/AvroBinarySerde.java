package dev.remask.topology;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumWriter;
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
 * only this program reads. Under the registry's serde every changelog would claim a subject. The
 * schemas of older versions are kept beside this class, so their records can be read.
 */
final class AvroBinarySerde {
  /** Of the schemas; a test says when it must be raised. */
  static final byte VERSION = 3;

  /** A waiting segment of 512 tokens, and its documents. */
  private static final int BYTES_USUAL = 4096;

  private AvroBinarySerde() {}

  static <V extends SpecificRecord> Serde<V> of(Class<V> type) {
    // A writer looks its schema up when it is made, and is safe to share.
    DatumWriter<V> writer = new SpecificDatumWriter<>(type);
    Serializer<V> serializer = (topic, value) -> value == null ? null : encode(writer, value);
    Deserializer<V> deserializer = (topic, bytes) -> bytes == null ? null : decode(type, bytes);
    return Serdes.serdeFrom(serializer, deserializer);
  }

  private static <V extends SpecificRecord> byte[] encode(DatumWriter<V> writer, V value) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(BYTES_USUAL);
    bytes.write(VERSION);
    try {
      BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
      writer.write(value, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static <V extends SpecificRecord> @Nullable V decode(Class<V> type, byte[] bytes) {
    if (bytes.length == 0 || bytes[0] < 1 || bytes[0] > VERSION) {
      throw new SerializationException(
          "state of version "
              + (bytes.length == 0 ? "none" : bytes[0])
              + "; this program reads versions up to "
              + VERSION);
    }
    try {
      SpecificDatumReader<V> reader = new SpecificDatumReader<>(type);
      if (bytes[0] != VERSION) {
        reader.setSchema(written(type, bytes[0]));
      }
      return reader.read(
          null, DecoderFactory.get().binaryDecoder(bytes, 1, bytes.length - 1, null));
    } catch (IOException e) {
      throw new SerializationException("state that is no " + type.getSimpleName(), e);
    }
  }

  /** The schema of a version. */
  static Schema written(Class<?> type, int version) throws IOException {
    String name = type.getSimpleName() + "-" + version + ".avsc";
    try (InputStream schema = AvroBinarySerde.class.getResourceAsStream(name)) {
      if (schema == null) {
        throw new IllegalStateException(name + " is missing from the program");
      }
      return new Schema.Parser().parse(schema);
    }
  }
}
