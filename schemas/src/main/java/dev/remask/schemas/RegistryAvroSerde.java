package dev.remask.schemas;

import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Generated Avro records in the format of Confluent's schema registry: the same bytes, the same
 * requests and the same configuration keys as Confluent's {@code SpecificAvroSerde}, which can take
 * its place. {@link SerdeConfig} lists the keys it knows. Obtain it from {@link AvroSerdes}.
 */
public final class RegistryAvroSerde<V extends SpecificRecord> extends Serdes.WrapperSerde<V> {
  public RegistryAvroSerde() {
    super(new RegistryAvroSerializer<>(), new RegistryAvroDeserializer<>());
  }
}
