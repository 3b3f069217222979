package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.schemas.LocalRegistry;
import dev.remask.schemas.Replication;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.Uuid;

/** A broker that lets nobody in without a password, run by Kafka's own main class; a registry. */
final class SaslStack implements AutoCloseable {
  private static final Duration START_MAX = Duration.ofSeconds(60);
  private static final String LOGIN =
      "org.apache.kafka.common.security.plain.PlainLoginModule required"
          + " username=\"%s\" password=\"%s\"";

  private final Process broker;
  private final int port;
  private final LocalRegistry registry;

  private SaslStack(Process broker, int port, LocalRegistry registry) {
    this.broker = broker;
    this.port = port;
    this.registry = registry;
  }

  /** Of the user {@code alice}. */
  static SaslStack start(Path folder, String password) throws Exception {
    int port = freePort();
    Path properties = folder.resolve("server.properties");
    try (var out = Files.newBufferedWriter(properties)) {
      properties(folder, port, password).store(out, null);
    }
    String id = Uuid.randomUuid().toString();
    Process format =
        java(folder, "kafka.tools.StorageTool", "format", "-t", id, "-c", properties.toString());
    assertThat(format.waitFor()).as("formatted; see %s", folder).isZero();
    Process broker = java(folder, "kafka.Kafka", properties.toString());
    try {
      Await.until("the broker listens", START_MAX, () -> listens(port));
      Map<String, String> clients =
          Map.of(
              "bootstrap.servers",
              "127.0.0.1:" + port,
              "security.protocol",
              "SASL_PLAINTEXT",
              "sasl.mechanism",
              "PLAIN",
              "sasl.jaas.config",
              login("alice", password));
      return new SaslStack(broker, port, new LocalRegistry(clients, 0, Replication.ONE));
    } catch (Exception | AssertionError e) {
      broker.destroyForcibly();
      throw e;
    }
  }

  static String login(String user, String password) {
    return LOGIN.formatted(user, password) + ";";
  }

  String bootstrapServers() {
    return "127.0.0.1:" + port;
  }

  String registryUrl() {
    return registry.url();
  }

  private static Properties properties(Path folder, int port, String password) throws IOException {
    int controller = freePort();
    Properties all = new Properties();
    all.put("process.roles", "broker,controller");
    all.put("node.id", "1");
    all.put("controller.quorum.voters", "1@127.0.0.1:" + controller);
    all.put("controller.listener.names", "CONTROLLER");
    all.put("listeners", "CLIENTS://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controller);
    all.put("advertised.listeners", "CLIENTS://127.0.0.1:" + port);
    all.put("listener.security.protocol.map", "CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT");
    all.put("inter.broker.listener.name", "CLIENTS");
    all.put("sasl.mechanism.inter.broker.protocol", "PLAIN");
    all.put("sasl.enabled.mechanisms", "PLAIN");
    all.put(
        "listener.name.clients.plain.sasl.jaas.config",
        LOGIN.formatted("broker", "between")
            + " user_broker=\"between\" user_alice=\""
            + password
            + "\";");
    all.put("log.dirs", folder.resolve("log").toString());
    all.put("auto.create.topics.enable", "false");
    all.put("group.initial.rebalance.delay.ms", "0");
    for (String internal : List.of("offsets.topic", "transaction.state.log")) {
      all.put(internal + ".replication.factor", "1");
      all.put(internal + ".num.partitions", "1");
    }
    all.put("transaction.state.log.min.isr", "1");
    return all;
  }

  private static Process java(Path folder, String... arguments) throws IOException {
    String[] command = {
      Path.of(System.getProperty("java.home"), "bin", "java").toString(),
      "-Xmx256m",
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      "-Dremask.log.file=" + folder.resolve("kafka.log"),
      "-cp",
      System.getProperty("java.class.path")
    };
    return new ProcessBuilder(Program.join(command, arguments))
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(arguments[0] + ".txt").toFile())
        .start();
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() throws InterruptedException {
    registry.close();
    broker.destroyForcibly().waitFor();
  }
}
