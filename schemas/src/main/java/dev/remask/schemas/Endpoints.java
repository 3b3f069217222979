package dev.remask.schemas;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Asks broker and registry for a word each, before anything else is begun: what cannot be reached
 * ends in a failure that {@link Outage#is} knows, refused credentials in another.
 */
public final class Endpoints {
  private static final int PATIENCE_MS = 5_000;

  private Endpoints() {}

  /**
   * The broker's answer to the simplest of questions.
   *
   * @param clients what every client gets
   * @throws KafkaException if it does not come, or is a refusal
   */
  public static void askBroker(Map<String, ?> clients) {
    Map<String, Object> config = ClientConfigs.admin(clients);
    config.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, PATIENCE_MS);
    config.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, PATIENCE_MS);
    try (Admin admin = Admin.create(config)) {
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
