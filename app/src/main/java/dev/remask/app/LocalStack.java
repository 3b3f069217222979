package dev.remask.app;

import dev.remask.schemas.LocalRegistry;
import dev.remask.schemas.Replication;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileLock;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.config.ConfigException;

/** Broker and registry on one machine, their data in one folder. */
final class LocalStack implements AutoCloseable {
  static final String REGISTRY_URL = "schema.registry.url";

  private final DataFolder folder;
  private final FileLock lock;
  private final Broker broker;
  private final LocalRegistry registry;

  private LocalStack(DataFolder folder, FileLock lock, Broker broker, LocalRegistry registry) {
    this.folder = folder;
    this.lock = lock;
    this.broker = broker;
    this.registry = registry;
  }

  /**
   * Makes sure that a stack can start: the folder is ours, no earlier broker works in it, and the
   * ports are free.
   *
   * @param fresh whether to delete what is in the folder
   * @return the folder's lock
   * @throws ConfigException if a port is taken, or the folder
   */
  static FileLock prepare(DataFolder folder, int port, int registryPort, boolean fresh)
      throws IOException {
    FileLock lock = folder.lock();
    try {
      Broker.stopLeftOver(folder.broker());
      requireFree("--port", port);
      requireFree("--registry-port", registryPort);
      if (fresh) {
        folder.clear();
      }
      return lock;
    } catch (IOException | RuntimeException e) {
      lock.acquiredBy().close();
      throw e;
    }
  }

  private static void requireFree(String option, int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      socket.getLocalPort();
    } catch (IOException e) {
      throw new ConfigException(option, port, "is in use by another process");
    }
  }

  /**
   * Starts broker and registry.
   *
   * @param lock of the folder; closed with the stack, or here if it does not start
   * @param port of the broker, 0 for a free one
   * @param registryPort of the registry, 0 for a free one
   */
  static LocalStack start(DataFolder folder, FileLock lock, int port, int registryPort)
      throws IOException, InterruptedException {
    Broker broker = null;
    LocalRegistry registry = null;
    try {
      broker = Broker.start(folder.broker(), port);
      registry =
          new LocalRegistry(
              Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers()),
              registryPort,
              Replication.ONE);
      LocalStack stack = new LocalStack(folder, lock, broker, registry);
      stack.publish();
      return stack;
    } catch (IOException | InterruptedException | RuntimeException e) {
      if (registry != null) {
        registry.close();
      }
      if (broker != null) {
        broker.close();
      }
      lock.acquiredBy().close();
      throw e;
    }
  }

  private void publish() throws IOException {
    Properties endpoints = new Properties();
    clients().forEach((key, value) -> endpoints.setProperty(key, value.toString()));
    endpoints.setProperty("broker.pid", Long.toString(broker.pid()));
    folder.publish(endpoints);
  }

  /** What a client of this stack needs. */
  Map<String, Object> clients() {
    Map<String, Object> clients = new HashMap<>();
    clients.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers());
    clients.put(REGISTRY_URL, registry.url());
    return clients;
  }

  /** IllegalStateException if the broker has died. */
  void requireAlive() {
    if (!broker.isAlive()) {
      throw new IllegalStateException("the broker ended; see " + folder.broker());
    }
  }

  @Override
  public void close() throws IOException {
    try (lock;
        broker;
        registry) {
      folder.unpublish();
    } finally {
      lock.acquiredBy().close();
    }
  }
}
