package dev.remask.schemas;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Asks broker and registry for a word each, before anything else is begun: what cannot be reached
 * ends in a failure that {@link Outage#is} knows, refused credentials in another.
 */
public final class Endpoints {
  private static final Duration PATIENCE_MAX = Duration.ofSeconds(5);

  private Endpoints() {}

  /**
   * The broker's answer to the simplest of questions.
   *
   * @param clients what every client gets
   * @param patience how long to wait for it, five seconds at most
   * @throws KafkaException if it does not come, or is a refusal
   * @throws ConfigException if no client can be made of the settings
   */
  public static void askBroker(Map<String, ?> clients, Duration patience) {
    Map<String, Object> config = ClientConfigs.admin(clients);
    int patienceMs =
        (int) (patience.compareTo(PATIENCE_MAX) < 0 ? patience : PATIENCE_MAX).toMillis();
    config.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, patienceMs);
    config.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, patienceMs);
    try (Admin admin = admin(config)) {
      admin.describeCluster().nodes().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  /** Kafka's own words, without what it wraps them in: they name the setting. */
  private static Admin admin(Map<String, Object> config) {
    try {
      return Admin.create(config);
    } catch (KafkaException e) {
      if (Outage.is(e)) {
        throw e;
      }
      ConfigException mistake = new ConfigException("kafka.*: " + reasons(e));
      mistake.initCause(e);
      throw mistake;
    }
  }

  /** All that lies below, each thing once: a wrapper may repeat what it wraps. */
  private static String reasons(KafkaException failure) {
    return Stream.iterate(failure.getCause(), Objects::nonNull, Throwable::getCause)
        .filter(cause -> !String.valueOf(cause.getCause()).equals(cause.getMessage()))
        .map(cause -> String.valueOf(cause.getMessage()))
        .collect(Collectors.joining(": "));
  }

  /** The addresses of the registry, without credentials. */
  public static String registry(Map<String, ?> clients) {
    return String.join(", ", RegistryConfig.of(clients).urls());
  }

  /**
   * The registry's answer to the latest version of a subject; that there is none is an answer.
   *
   * @throws KafkaException as {@link RegistryClient} says
   */
  public static void askRegistry(Map<String, ?> clients, String subject) {
    Map<String, Object> config = new HashMap<>(clients);
    config.put("schema.registry.max.retries", 0);
    RegistryConfig registry = RegistryConfig.of(config);
    if (registry.mockScope() == null) {
      new HttpRegistryClient(registry).askForLatest(subject);
    }
  }
}
