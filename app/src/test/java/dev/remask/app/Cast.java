package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * The processes of an installation, each a command with a folder of its own, that know one another
 * by the addresses of broker and registry alone.
 */
final class Cast implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(150);

  /**
   * Below the ports from which a system takes its own: while the broker is away, one of its clients
   * could be given its port. Another process of tests begins elsewhere: it would take that port for
   * a free one.
   */
  private static final int FIRST_PORT = 20_000 + 16 * (int) (ProcessHandle.current().pid() % 700);

  private static final int LAST_PORT = 32_000;

  private final Path folder;
  private final Path config;
  private final List<Actor> actors = new ArrayList<>();
  private final List<ProcessHandle> brokers = new ArrayList<>();
  private final Actor up;
  private final Actor vocab;
  private final Actor dataset;
  private final Actor one;
  private final Actor two;
  private final Actor train;
  private final Actor ingest;
  private final Actor rest;
  private final Actor replay;
  private final Actor status;

  /**
   * @param text what is to be ingested
   * @param own settings that are not the demo's
   * @param streaming of {@code stream} alone, {@code key=value}
   */
  Cast(Path folder, Path text, Map<String, String> own, String... streaming) throws IOException {
    this.folder = folder;
    config = folder.resolve("remask.properties");
    int port = freePort(FIRST_PORT);
    int registryPort = freePort(port + 1);
    Properties settings = new Properties();
    settings.putAll(DemoDefaults.ALL);
    settings.putAll(own);
    settings.setProperty("kafka.bootstrap.servers", "127.0.0.1:" + port);
    settings.setProperty("schema.registry.url", "http://127.0.0.1:" + registryPort);
    try (var out = Files.newBufferedWriter(config)) {
      settings.store(out, null);
    }
    String vocabulary = folder.resolve("tokenizer.json").toString();
    up =
        actor(
            "up",
            "up",
            "--json",
            "--port",
            Integer.toString(port),
            "--registry-port",
            Integer.toString(registryPort));
    vocab = actor("vocab", "vocab", text.toString(), "--out", vocabulary);
    dataset = actor("dataset", "dataset", "--vocab", vocabulary);
    one = stream("stream-1", streaming);
    two = stream("stream-2", streaming);
    train = actor("train", "train");
    // Slower than the schedule of the kills, however long that takes.
    ingest = actor("ingest", "ingest", text.toString(), "--seconds", "300");
    rest = actor("ingest", "ingest", text.toString());
    replay = actor("replay", "replay", "--epochs", "2", "--packed", "60");
    status = actor("status", "status", "--json");
  }

  private Actor actor(String name, String... arguments) {
    String[] own = {"--data", data(name).toString(), "--config", config.toString()};
    Actor actor = new Actor(name, folder, Program.join(arguments, own));
    actors.add(actor);
    return actor;
  }

  /** With a client id to know it by. */
  Actor stream(String name, String... settings) {
    List<String> arguments = new ArrayList<>(List.of("stream", "--set", "kafka.client.id=" + name));
    for (String setting : settings) {
      arguments.addAll(List.of("--set", setting));
    }
    return actor(name, arguments.toArray(String[]::new));
  }

  private static int freePort(int from) throws IOException {
    for (int port = from; port < LAST_PORT; port++) {
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (IOException e) {
        // In use.
      }
    }
    throw new IOException("no free port from " + from + " to " + LAST_PORT);
  }

  private Path data(String name) {
    return folder.resolve("data").resolve(name);
  }

  /** Returns when broker and registry listen. */
  void startUp() throws Exception {
    up.start();
    String unused = up.program().awaitLine(PATIENCE);
    List<ProcessHandle> children = up.program().children();
    assertThat(children).as("the broker").hasSize(1);
    brokers.addAll(children);
  }

  /** The one that runs now or ran last. */
  ProcessHandle broker() {
    return brokers.get(brokers.size() - 1);
  }

  List<ProcessHandle> brokers() {
    return brokers;
  }

  void killBroker() {
    assertThat(broker().destroyForcibly()).isTrue();
    broker().onExit().join();
  }

  String status() throws Exception {
    status.start();
    return status.program().finish(PATIENCE, 0);
  }

  Settings settings() {
    return settings(Map.of());
  }

  /** With others set. */
  Settings settings(Map<String, String> set) {
    return Settings.of(Map.of(), config, Map.of(), set);
  }

  Path checkpoints() {
    return new DataFolder(data("train")).checkpoints(settings().text("run.name"));
  }

  Actor up() {
    return up;
  }

  Actor vocab() {
    return vocab;
  }

  Actor dataset() {
    return dataset;
  }

  Actor one() {
    return one;
  }

  Actor two() {
    return two;
  }

  Actor train() {
    return train;
  }

  Actor ingest() {
    return ingest;
  }

  /** What the other one has not written, at once. */
  Actor rest() {
    return rest;
  }

  Actor replay() {
    return replay;
  }

  /** Only what was started here, by handle. */
  @Override
  public void close() throws Exception {
    for (Actor actor : actors) {
      if (actor.program() != null) {
        actor.program().kill();
      }
    }
    brokers.forEach(ProcessHandle::destroyForcibly);
  }
}
