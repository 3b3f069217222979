package dev.remask.schemas;

import java.util.HashMap;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * The one place where a serde class is chosen: {@code avro.serde.class}, by default ours, may be
 * Confluent's {@code io.confluent.kafka.streams.serdes.avro.SpecificAvroSerde}.
 */
public final class AvroSerdes {
  public static final String SERDE_CLASS_CONFIG = "avro.serde.class";

  /**
   * Confluent's default since release 8.3 asks the registry for the subject of every topic and
   * reports an outage there as a bad record.
   */
  private static final String TOPIC_NAME_STRATEGY =
      "io.confluent.kafka.serializers.subject.TopicNameStrategy";

  private AvroSerdes() {}

  /** The keys that {@link #of} understands, for a page that lists them. */
  public static ConfigDef configDef() {
    ConfigDef all =
        new ConfigDef()
            .define(
                SERDE_CLASS_CONFIG,
                ConfigDef.Type.CLASS,
                RegistryAvroSerde.class,
                ConfigDef.Importance.LOW,
                "The serde of Avro values; Confluent's SpecificAvroSerde may take the place of ours.");
    RegistryConfig.DEFINITION.configKeys().values().forEach(all::define);
    SerdeConfig.DEFINITION.configKeys().values().forEach(all::define);
    return all;
  }

  /**
   * A configured value serde of the topic's type.
   *
   * @param config at least {@code schema.registry.url}
   */
  public static <V extends SpecificRecord> Serde<V> of(Class<V> type, Map<String, ?> config) {
    Map<String, Object> serdeConfig = new HashMap<>(config);
    serdeConfig.put(SerdeConfig.VALUE_TYPE, type);
    serdeConfig.put("specific.avro.reader", true);
    serdeConfig.put("value.subject.name.strategy", TOPIC_NAME_STRATEGY);
    serdeConfig.put("avro.remove.java.properties", true);
    Serde<V> serde = newSerde(config.get(SERDE_CLASS_CONFIG));
    serde.configure(serdeConfig, false);
    return serde;
  }

  @SuppressWarnings("unchecked") // A serde learns its type from the configuration.
  private static <V extends SpecificRecord> Serde<V> newSerde(@Nullable Object choice) {
    if (choice == null) {
      return new RegistryAvroSerde<>();
    }
    try {
      return choice instanceof Class<?> type
          ? Utils.newInstance(type, Serde.class)
          : Utils.newInstance(choice.toString(), Serde.class);
    } catch (ClassNotFoundException | KafkaException | ClassCastException e) {
      ConfigException refusal =
          new ConfigException(
              SERDE_CLASS_CONFIG,
              choice,
              "must be a Serde on the class path with a public constructor without arguments");
      refusal.initCause(e);
      throw refusal;
    }
  }
}
