package dev.remask.app;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.Uuid;

/**
 * A single-machine Kafka broker in a process of its own, run by Kafka's own command line: the main
 * classes and the properties file are the only contract Kafka gives for this. Listens on 127.0.0.1
 * alone.
 */
final class Broker implements AutoCloseable {
  private static final Duration START_MAX = Duration.ofSeconds(60);
  private static final Duration STOP_MAX = Duration.ofSeconds(15);

  private final Process process;
  private final int port;

  private Broker(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  String bootstrapServers() {
    return "127.0.0.1:" + port;
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /**
   * Starts a broker on {@code folder}, formatted at its first start. No other may work there.
   *
   * @param port 0 for a free one
   */
  static Broker start(Path folder, int port) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    int listener = port == 0 ? freePort() : port;
    Path properties = folder.resolve("server.properties");
    writeProperties(properties, folder, listener, freePort());
    if (!Files.exists(folder.resolve("log").resolve("meta.properties"))) {
      format(folder, properties);
    }
    Process process =
        java(folder, "broker.log", "-Xms128m", "-Xmx512m", "kafka.Kafka", properties.toString())
            .start();
    Broker broker = new Broker(process, listener);
    try {
      broker.awaitReady(folder);
      return broker;
    } catch (IOException | InterruptedException | RuntimeException e) {
      broker.close();
      throw e;
    }
  }

  /**
   * A broker whose owner was killed still holds the folder: it is asked to stop, and waited for. It
   * is known by its command line, so that one that was just being started is found as well.
   */
  static void stopLeftOver(Path folder) {
    String mark = mark(folder);
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      all.filter(p -> p.info().commandLine().orElse("").contains(mark))
          .forEach(p -> stop(p, p.onExit()));
    }
  }

  /** Early in the command line, of which the system may show the beginning only. */
  private static String mark(Path folder) {
    return "-Dremask.log.file=" + folder.resolve("kafka.log");
  }

  /** Returns when it has ended: until then it holds its folder. */
  private static void stop(ProcessHandle handle, Future<?> exit) {
    handle.destroy();
    try {
      if (!ended(exit)) {
        handle.destroyForcibly();
        ended(exit);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean ended(Future<?> exit) throws InterruptedException {
    try {
      exit.get(STOP_MAX.toSeconds(), TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (TimeoutException e) {
      return false;
    }
  }

  private static void writeProperties(Path file, Path folder, int port, int controllerPort)
      throws IOException {
    Map<String, String> settings = new TreeMap<>();
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", "1");
    settings.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
    settings.put("controller.listener.names", "CONTROLLER");
    settings.put(
        "listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
    settings.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
    settings.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    settings.put("log.dirs", folder.resolve("log").toString());
    settings.put("auto.create.topics.enable", "false");
    for (String internal :
        List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
      settings.put(internal + ".replication.factor", "1");
      settings.put(internal + ".num.partitions", "1");
    }
    settings.put("transaction.state.log.min.isr", "1");
    settings.put("share.coordinator.state.topic.min.isr", "1");
    settings.put("group.initial.rebalance.delay.ms", "0");
    // The transactions' clean-up interval stays as it is, ten seconds: RATIONALE.md says why.
    // A purge frees disk at this check.
    settings.put("log.retention.check.interval.ms", "5000");
    Properties properties = new Properties();
    properties.putAll(settings);
    try (var out = Files.newBufferedWriter(file)) {
      properties.store(out, "Written by remask at every start.");
    }
  }

  private static void format(Path folder, Path properties)
      throws IOException, InterruptedException {
    Process format =
        java(
                folder,
                "format.log",
                "kafka.tools.StorageTool",
                "format",
                "--ignore-formatted",
                "-t",
                Uuid.randomUuid().toString(),
                "-c",
                properties.toString())
            .start();
    if (!format.waitFor(START_MAX.toSeconds(), TimeUnit.SECONDS) || format.exitValue() != 0) {
      format.destroyForcibly();
      throw new IOException(
          "the broker's folder could not be formatted; see " + folder.resolve("format.log"));
    }
  }

  private static ProcessBuilder java(Path folder, String log, String... arguments) {
    // Ctrl-C and a closed terminal reach every process of the terminal: the broker must outlive the
    // trainer's last
    // checkpoint.
    List<String> command =
        new ArrayList<>(List.of("sh", "-c", "trap '' INT HUP; exec \"$0\" \"$@\""));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
    command.add(mark(folder));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(new File(folder.toFile(), log));
  }

  private void awaitReady(Path folder) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START_MAX.toNanos();
    while (!listens()) {
      if (!process.isAlive()) {
        throw new IOException(
            "the broker stopped while starting; see " + folder.resolve("broker.log"));
      }
      if (System.nanoTime() > deadline) {
        throw new IOException("the broker did not start within " + START_MAX.toSeconds() + " s");
      }
      Thread.sleep(50);
    }
    Map<String, Object> config =
        Map.of(
            AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers(),
            AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
            30_000);
    try (Admin admin = Admin.create(config)) {
      admin.describeCluster().nodes().get();
    } catch (ExecutionException e) {
      throw new IOException("the broker does not answer: " + e.getMessage(), e);
    }
  }

  private boolean listens() {
    try (var socket = new java.net.Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    stop(process.toHandle(), process.onExit());
  }
}
