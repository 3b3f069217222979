package dev.remask.schemas;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;

/**
 * A schema registry in this process, for one machine: Confluent's REST interface on the loopback
 * address, and Confluent's {@code _schemas} topic behind it, so that Confluent's registry can go on
 * where this one stopped, with the same ids. Never run both at once. Has no login.
 */
public final class LocalRegistry implements AutoCloseable {
  private final RegistryServer server;

  /**
   * Returns when all that the topic holds is known and requests are answered.
   *
   * @param config at least {@code bootstrap.servers}
   * @param port 0 for any free one
   * @param replication of the topic, if it must be created
   */
  public LocalRegistry(Map<String, ?> config, int port, Replication replication) {
    this(new SchemaRegistry(new KafkaSchemaLog(config, replication)), port);
  }

  private LocalRegistry(SchemaRegistry registry, int port) {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    try {
      server = new RegistryServer(registry, address);
    } catch (IOException e) {
      registry.close();
      throw new UncheckedIOException("the registry cannot listen on " + address, e);
    }
  }

  /** One that forgets everything when it is closed, and needs no broker. */
  public static LocalRegistry inMemory(int port) {
    return new LocalRegistry(SchemaRegistry.inMemory(), port);
  }

  /** What {@code schema.registry.url} should be. */
  public String url() {
    InetSocketAddress address = server.address();
    return "http://" + address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  @Override
  public void close() {
    server.close();
  }
}
