package dev.remask.schemas;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** Writes {@link WireFormat}. Thread-safe once configured. */
final class RegistryAvroSerializer<V extends SpecificRecord> implements Serializer<V> {
  private record Target(String topic, Schema schema) {}

  private record Encoding<V>(int schemaId, DatumWriter<V> writer) {}

  private final Map<Target, Encoding<V>> encodings = new ConcurrentHashMap<>();
  private @Nullable SerdeConfig config;
  private @Nullable RegistryClient registry;

  @Override
  public void configure(Map<String, ?> configs, boolean isKey) {
    config = SerdeConfig.of(configs, isKey);
    registry = RegistryClients.of(config.registry());
  }

  @Override
  public byte @Nullable [] serialize(String topic, @Nullable V value) {
    return serialize(topic, new RecordHeaders(), value);
  }

  @Override
  public byte @Nullable [] serialize(String topic, Headers headers, @Nullable V value) {
    WireFormat.dropIdHeaders(headers);
    if (value == null) {
      return null;
    }
    Schema schema = value.getSchema();
    if (schema.getType() != Schema.Type.RECORD) {
      throw new SerializationException("a value must be a record, not " + schema.getType());
    }
    Target target = new Target(topic, schema);
    Encoding<V> encoding = encodings.get(target);
    if (encoding == null) {
      SpecificData model = SpecificData.getForClass(value.getClass());
      encoding = new Encoding<>(schemaId(target), new SpecificDatumWriter<>(schema, model));
      encodings.put(target, encoding);
    }
    return encode(encoding, schema, value);
  }

  private int schemaId(Target target) {
    SerdeConfig config = SerdeConfig.requireConfigured(this.config);
    RegistryClient registry = SerdeConfig.requireConfigured(this.registry);
    String subject = config.subject(target.topic);
    Schema plain = SchemaText.withoutJavaProperties(target.schema);
    return config.autoRegister()
        ? registry.register(subject, plain)
        : registry.lookup(subject, plain);
  }

  private byte[] encode(Encoding<V> encoding, Schema schema, V value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(WireFormat.prefix(encoding.schemaId));
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    try {
      encoding.writer.write(value, encoder);
      encoder.flush();
    } catch (IOException | RuntimeException e) {
      // Avro reports a missing or mistyped field with several exceptions.
      throw new SerializationException("cannot encode a " + schema.getFullName(), e);
    }
    return out.toByteArray();
  }
}
