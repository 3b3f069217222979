package dev.remask.schemas;

import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * Confluent's serde keys, as far as they are supported. A key that would change the meaning of a
 * record and is not supported is refused, never ignored.
 *
 * @param type the class that records are read as
 */
record SerdeConfig(
    RegistryConfig registry,
    boolean isKey,
    boolean autoRegister,
    Class<? extends SpecificRecord> type) {
  static final String VALUE_TYPE = "specific.avro.value.type";
  static final String KEY_TYPE = "specific.avro.key.type";
  static final String AUTO_REGISTER = "auto.register.schemas";

  private static final String TOPIC_NAME_STRATEGY = "TopicNameStrategy";
  static final ConfigDef DEFINITION =
      new ConfigDef()
          .define(
              AUTO_REGISTER,
              ConfigDef.Type.BOOLEAN,
              true,
              Importance.MEDIUM,
              "Register the schema of what is written. Otherwise it must be registered already.");

  /** Keys that have one supported value, which is also what happens if they are not set. */
  private static final Map<String, String> FIXED =
      Map.ofEntries(
          Map.entry("specific.avro.reader", "true"),
          Map.entry("avro.remove.java.properties", "true"),
          Map.entry("normalize.schemas", "false"),
          Map.entry("use.latest.version", "false"),
          Map.entry("schema.reflection", "false"),
          Map.entry("avro.reflection.allow.null", "false"));

  /** Keys for which no value is supported; a dot at the end stands for all that start so. */
  private static final List<String> UNSUPPORTED =
      List.of(
          "use.schema.id",
          "use.latest.with.metadata",
          "rule.",
          "request.header.",
          "proxy.host",
          "proxy.port",
          "context.name.strategy",
          "key.schema.id.serializer",
          "value.schema.id.serializer");

  static SerdeConfig of(Map<String, ?> configs, boolean isKey) {
    FIXED.forEach((key, value) -> requireFixed(configs, key, value));
    configs.keySet().stream()
        .filter(SerdeConfig::isUnsupported)
        .findFirst()
        .ifPresent(
            key -> {
              throw new ConfigException(key + " is not supported: remove it");
            });
    requireTopicNameStrategy(configs, isKey);
    AbstractConfig values = new AbstractConfig(DEFINITION, configs, false);
    return new SerdeConfig(
        RegistryConfig.of(configs),
        isKey,
        values.getBoolean(AUTO_REGISTER),
        type(configs, isKey ? KEY_TYPE : VALUE_TYPE));
  }

  /** Where the topic's schemas are registered: Confluent's TopicNameStrategy. */
  String subject(String topic) {
    return topic + (isKey ? "-key" : "-value");
  }

  static <T> T requireConfigured(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("configure() must be called first");
    }
    return part;
  }

  private static void requireFixed(Map<String, ?> configs, String key, String value) {
    Object given = configs.get(key);
    if (given != null && !given.toString().equalsIgnoreCase(value)) {
      throw new ConfigException(key, given, "must be " + value);
    }
  }

  private static boolean isUnsupported(String key) {
    return UNSUPPORTED.stream()
        .anyMatch(name -> name.endsWith(".") ? key.startsWith(name) : key.equals(name));
  }

  /** By simple name: Confluent's class need not be on the class path. */
  private static void requireTopicNameStrategy(Map<String, ?> configs, boolean isKey) {
    String key = isKey ? "key.subject.name.strategy" : "value.subject.name.strategy";
    Object strategy = configs.get(key);
    if (strategy == null) {
      return;
    }
    String name = strategy instanceof Class<?> c ? c.getName() : strategy.toString();
    if (!name.substring(name.lastIndexOf('.') + 1).equals(TOPIC_NAME_STRATEGY)) {
      throw new ConfigException(key, strategy, "must be " + TOPIC_NAME_STRATEGY);
    }
  }

  private static Class<? extends SpecificRecord> type(Map<String, ?> configs, String key) {
    Object parsed = ConfigDef.parseType(key, configs.get(key), ConfigDef.Type.CLASS);
    if (!(parsed instanceof Class<?> type) || !SpecificRecord.class.isAssignableFrom(type)) {
      throw new ConfigException(key, parsed, "must be a class generated from an Avro record");
    }
    return type.asSubclass(SpecificRecord.class);
  }
}
