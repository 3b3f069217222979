package dev.remask.schemas;

import java.util.Map;
import javax.net.ssl.SSLContext;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;

/**
 * Kafka's {@code ssl.*} keys for the connection to the registry, under {@code
 * schema.registry.ssl.*}: JKS, PKCS12 and PEM stores, and certificates of our own. The host's name
 * is always verified.
 */
final class RegistryTls {
  private static final ConfigDef DEFINITION = new ConfigDef().withClientSslSupport();

  private RegistryTls() {}

  static boolean knows(String name) {
    return DEFINITION.names().contains(name);
  }

  /** Those that are given, of these names, typed: a secret is a Password, whose text is hidden. */
  static Map<String, Object> settings(Map<String, ?> given) {
    Map<String, Object> settings = DEFINITION.parse(given);
    settings.keySet().retainAll(given.keySet());
    return Map.copyOf(settings);
  }

  /**
   * @param settings as {@link #settings} gives them
   */
  static SSLContext context(Map<String, ?> settings) {
    String key = SslConfigs.SSL_ENDPOINT_IDENTIFICATION_ALGORITHM_CONFIG;
    Object verification = settings.get(key);
    if (verification != null && !verification.toString().equalsIgnoreCase("https")) {
      throw new ConfigException("schema.registry." + key, verification, "must be https");
    }
    // Not part of Kafka's public interface: if it moves, this class alone must follow.
    try (DefaultSslEngineFactory factory = new DefaultSslEngineFactory()) {
      factory.configure(DEFINITION.parse(settings));
      return factory.sslContext();
    }
  }
}
