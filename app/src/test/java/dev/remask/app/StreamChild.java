package dev.remask.app;

import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.Replication;
import dev.remask.schemas.Topics;
import dev.remask.topology.StreamInstance;
import dev.remask.topology.StreamSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A {@link StreamInstance} in a process of its own, which a test may kill at any time. It closes
 * when its standard input ends, so it never outlives its test.
 */
final class StreamChild {
  /** Long enough for a test to see a transaction while it is open. */
  private static final int COMMIT_MS = 800;

  private final String name;
  private final Process process;
  private final Path output;

  private StreamChild(String name, Process process, Path output) {
    this.name = name;
    this.process = process;
    this.output = output;
  }

  /**
   * @param name starts the client ids of its members, and names its state folder
   */
  static StreamChild start(Settings settings, Path folder, String name) throws IOException {
    return start(StreamChild.class, settings, folder, name);
  }

  /**
   * @param main takes the arguments that {@link #main} takes
   */
  static StreamChild start(Class<?> main, Settings settings, Path folder, String name)
      throws IOException {
    Path output = folder.resolve(name + ".txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dremask.log.file=" + folder.resolve(name + ".log"),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName(),
                settings.clients().get("bootstrap.servers").toString(),
                settings.clients().get(LocalStack.REGISTRY_URL).toString(),
                settings.text("topic.prefix"),
                settings.text("dataset.name"),
                settings.text("run.name"),
                folder.toString(),
                name)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    return new StreamChild(name, process, output);
  }

  public static void main(String[] arguments) throws Exception {
    Map<String, Object> clients =
        Map.of("bootstrap.servers", arguments[0], LocalStack.REGISTRY_URL, arguments[1]);
    Topics topics = new Topics(arguments[2]);
    Dataset dataset = Datasets.find(clients, topics, arguments[3]).orElseThrow();
    try (StreamInstance instance =
        instance(clients, topics, dataset, arguments[4], Path.of(arguments[5]), arguments[6])) {
      instance.start();
      while (System.in.read() >= 0) {
        // Nothing is said to it; only the end counts.
      }
      if (instance.failure().isPresent()) {
        throw new IllegalStateException(instance.failure().get());
      }
    }
  }

  /** As the demo makes one, but with short sessions and transactions, so that a kill costs less. */
  static StreamInstance instance(
      Map<String, Object> clients,
      Topics topics,
      Dataset dataset,
      String run,
      Path folder,
      String name) {
    Map<String, Object> own = new HashMap<>(clients);
    own.put("client.id", name);
    own.put("transaction.timeout.ms", 4_000);
    return new StreamInstance(
        new StreamSettings(
            own,
            topics,
            folder.resolve(name),
            1,
            COMMIT_MS,
            1_000_000,
            Replication.ONE,
            Duration.ofMinutes(5)),
        dataset,
        run,
        Clock.systemUTC(),
        line -> {});
  }

  String name() {
    return name;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  String output() throws IOException {
    return Files.readString(output);
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Ends well; the exit code, or -1 if it did not end in time. */
  int close(Duration atMost) throws Exception {
    process.getOutputStream().close();
    return process.waitFor(atMost.toSeconds(), TimeUnit.SECONDS) ? process.exitValue() : -1;
  }

  static void killAll(List<StreamChild> children) throws InterruptedException {
    for (StreamChild child : children) {
      child.kill();
    }
  }
}
