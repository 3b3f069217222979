package dev.remask.schemas;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
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
  private record Written(String subject, Schema schema) {}

  private final Map<Written, Integer> ids = new ConcurrentHashMap<>();
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
    return encode(schemaId(topic, schema), schema, value);
  }

  private int schemaId(String topic, Schema schema) {
    SerdeConfig config = SerdeConfig.requireConfigured(this.config);
    Written written = new Written(config.subject(topic), schema);
    Integer known = ids.get(written);
    if (known != null) {
      return known;
    }
    Schema plain = SchemaText.withoutJavaProperties(schema);
    RegistryClient registry = SerdeConfig.requireConfigured(this.registry);
    int id =
        config.autoRegister()
            ? registry.register(written.subject, plain)
            : registry.lookup(written.subject, plain);
    ids.put(written, id);
    return id;
  }

  private byte[] encode(int id, Schema schema, V value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(WireFormat.prefix(id));
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    SpecificData model = SpecificData.getForClass(value.getClass());
    try {
      new SpecificDatumWriter<V>(schema, model).write(value, encoder);
      encoder.flush();
    } catch (IOException | AvroRuntimeException | ClassCastException | NullPointerException e) {
      // Avro reports a missing or mistyped field with any of these.
      throw new SerializationException("cannot encode a " + schema.getFullName(), e);
    }
    return out.toByteArray();
  }
}
