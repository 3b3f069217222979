package dev.remask.schemas;

import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serde;

/**
 * The one place where a serde class is chosen: {@code avro.serde.class}, by default ours, may be
 * Confluent's {@code io.confluent.kafka.streams.serdes.avro.SpecificAvroSerde}.
 */
public final class AvroSerdes {
  public static final String SERDE_CLASS_CONFIG = "avro.serde.class";

  private AvroSerdes() {}

  /**
   * A configured value serde of the topic's type.
   *
   * @param config at least {@code schema.registry.url}
   */
  public static <V extends SpecificRecord> Serde<V> of(Class<V> type, Map<String, ?> config) {
    throw new UnsupportedOperationException();
  }
}
