package dev.remask.app;

import java.io.PrintStream;
import java.nio.channels.FileLock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Broker and registry of a single machine, for the other commands to meet in. */
@Command(
    name = "up",
    description = "Runs a broker and a schema registry on this machine until Ctrl-C.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example: remask up --port 9092 --registry-port 8081"})
final class UpCommand implements Callable<Integer> {
  private static final Duration LOOK = Duration.ofMillis(500);

  @Mixin private CommonOptions options = new CommonOptions();

  @Option(
      names = "--port",
      defaultValue = "9092",
      paramLabel = "PORT",
      description = "Of the broker, 0 for a free one (default: ${DEFAULT-VALUE}).")
  private int port = 9092;

  @Option(
      names = "--registry-port",
      defaultValue = "8081",
      paramLabel = "PORT",
      description = "Of the registry, 0 for a free one (default: ${DEFAULT-VALUE}).")
  private int registryPort = 8081;

  @Override
  public Integer call() throws Exception {
    CommonOptions.requireBetween("--port", port, 0, 65_535);
    CommonOptions.requireBetween("--registry-port", registryPort, 0, 65_535);
    DataFolder data = options.data();
    FileLock lock = LocalStack.prepare(data, port, registryPort, false);
    try (Stopping stopping = Stopping.onSignal();
        LocalStack stack = LocalStack.start(data, lock, port, registryPort)) {
      say(data, stack.clients());
      while (!stopping.await(LOOK)) {
        stack.requireAlive();
      }
    }
    return 0;
  }

  private void say(DataFolder data, Map<String, Object> clients) {
    PrintStream people = options.json() ? System.err : System.out;
    Console console = new Console(people, Terminal.isColoured(), System::nanoTime);
    console.part("broker", "kafka.bootstrap.servers=" + clients.get("bootstrap.servers"));
    console.part("registry", LocalStack.REGISTRY_URL + "=" + clients.get(LocalStack.REGISTRY_URL));
    console.part("data", data.root() + "; Ctrl-C ends it, the next 'remask up' goes on");
    if (options.json()) {
      System.out.println(Json.text(clients));
    }
  }
}
