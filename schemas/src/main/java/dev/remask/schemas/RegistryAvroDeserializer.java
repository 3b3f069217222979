package dev.remask.schemas;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.io.DatumReader;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@link WireFormat}: what was written under any compatible schema becomes the configured
 * class. That class is the configuration's choice alone, never the record's. Thread-safe once
 * configured.
 */
final class RegistryAvroDeserializer<V extends SpecificRecord> implements Deserializer<V> {
  private final Map<Integer, DatumReader<V>> readers = new ConcurrentHashMap<>();
  private @Nullable SerdeConfig config;
  private @Nullable RegistryClient registry;

  @Override
  public void configure(Map<String, ?> configs, boolean isKey) {
    config = SerdeConfig.of(configs, isKey);
    registry = RegistryClients.of(config.registry());
  }

  @Override
  public @Nullable V deserialize(String topic, byte @Nullable [] payload) {
    return deserialize(topic, new RecordHeaders(), payload);
  }

  @Override
  public @Nullable V deserialize(String topic, Headers headers, byte @Nullable [] payload) {
    if (payload == null) {
      return null;
    }
    SerdeConfig config = SerdeConfig.requireConfigured(this.config);
    WireFormat.requireIdInPayload(headers, config.isKey());
    int id = WireFormat.schemaId(payload);
    DatumReader<V> reader = readers.get(id);
    if (reader == null) {
      reader = reader(config, id, topic);
      readers.put(id, reader);
    }
    return decode(reader, id, payload);
  }

  private DatumReader<V> reader(SerdeConfig config, int id, String topic) {
    Schema writer = SerdeConfig.requireConfigured(registry).schema(id, config.subject(topic));
    if (writer.getType() != Schema.Type.RECORD) {
      throw new SerializationException(
          "schema id " + id + " is of type " + writer.getType() + ", not a record");
    }
    SpecificData model = SpecificData.getForClass(config.type());
    return new SpecificDatumReader<>(writer, model.getSchema(config.type()), model);
  }

  // What hostile bytes can make Avro throw is not bounded by its documentation.
  private V decode(DatumReader<V> reader, int id, byte[] payload) {
    BoundedDecoder decoder = new BoundedDecoder(payload, WireFormat.PREFIX_BYTES);
    V value;
    try {
      value = reader.read(null, decoder);
    } catch (IOException | RuntimeException e) {
      throw new SerializationException("cannot decode a payload written under schema id " + id, e);
    }
    if (decoder.remaining() > 0) {
      throw new SerializationException(
          decoder.remaining() + " bytes follow the value written under schema id " + id);
    }
    return value;
  }
}
