package dev.remask.app;

import dev.remask.app.Corpus.Source;
import dev.remask.app.Demo.Script;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Everything on one machine, nothing else installed. */
@Command(
    name = "demo",
    description = "Runs everything on this machine: text goes in, a trained model comes out.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example: remask demo --text my-folder --epochs 6"})
final class DemoCommand implements Callable<Integer> {
  private static final List<String> SENTENCES =
      List.of(
          "The old man shook his <mask> and looked at the child.",
          "I should like to thank the <mask> for his excellent report.",
          "We must protect the rights of the <mask> Union.");

  private static final int STOP_SECONDS_MAX = 9;

  @Mixin private CommonOptions options = new CommonOptions();

  @Option(
      names = "--text",
      paramLabel = "PATH",
      description =
          "A text file, or a folder of them, instead of the demo's own text; may be repeated.")
  private List<Path> text = List.of();

  @Option(
      names = "--epochs",
      defaultValue = "8",
      paramLabel = "N",
      description = "Replays to learn after the live lane (default: ${DEFAULT-VALUE}).")
  private int epochs = 8;

  @Option(
      names = "--seconds",
      defaultValue = "12",
      paramLabel = "S",
      description = "Over which the text is streamed (default: ${DEFAULT-VALUE}).")
  private int seconds = 12;

  @Option(
      names = "--port",
      defaultValue = "0",
      paramLabel = "PORT",
      description = "Of the broker (default: a free one).")
  private int port;

  @Option(names = "--fresh", description = "Delete what an earlier demo left in the data folder.")
  private boolean fresh;

  @Option(
      names = "--exit-when-done",
      description = "End when all is learned, instead of staying up for a look.")
  private boolean exitWhenDone;

  private final CountDownLatch stopping = new CountDownLatch(1);
  private final CountDownLatch stopped = new CountDownLatch(1);

  @Override
  public Integer call() throws Exception {
    require("--epochs", epochs, 1, 10_000);
    require("--seconds", seconds, 0, 86_400);
    require("--port", port, 0, 65_535);
    DataFolder data = options.data();
    Settings wanted = options.settings(DemoDefaults.ALL);
    if (wanted.clients().containsKey("bootstrap.servers")) {
      throw new ConfigException(
          "kafka.bootstrap.servers",
          wanted.clients().get("bootstrap.servers"),
          "the demo starts its own broker");
    }
    List<Source> texts = text.isEmpty() ? Corpus.demo(corpora()) : Corpus.files(text);
    // Locked before anything else is touched, and let go by the stack.
    FileLock lock = prepared(data);
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "remask-stop"));
    try {
      PrintStream people = options.json() ? System.err : System.out;
      run(
          data,
          lock,
          new Script(texts, Duration.ofSeconds(seconds), epochs, SENTENCES),
          new Console(people, Terminal.isColoured() && !options.json(), System::nanoTime));
    } finally {
      stopped.countDown();
    }
    return 0;
  }

  private void run(DataFolder data, FileLock lock, Script script, Console console)
      throws Exception {
    try (LocalStack stack = LocalStack.start(data, lock, port)) {
      console.part(
          "stack",
          "broker "
              + stack.clients().get("bootstrap.servers")
              + ", registry "
              + stack.clients().get(LocalStack.REGISTRY_URL)
              + ", data in "
              + data.root());
      Map<String, String> defaults = new HashMap<>(DemoDefaults.ALL);
      stack
          .clients()
          .forEach(
              (key, value) ->
                  defaults.put(
                      key.equals(LocalStack.REGISTRY_URL) ? key : "kafka." + key,
                      value.toString()));
      Demo demo =
          new Demo(
              options.settings(defaults),
              data,
              script,
              console,
              stack::requireAlive,
              () -> stopping.getCount() == 0);
      Optional<DemoReport> report = demo.run();
      if (report.isPresent() && options.json()) {
        System.out.println(Json.text(report.get()));
      }
      if (report.isPresent() && !exitWhenDone) {
        console.print(
            "The broker stays up: try 'remask status', 'remask peek', 'remask fill-mask \"...\"' in another terminal. Ctrl-C ends it.");
        while (!stopping.await(1, TimeUnit.SECONDS)) {
          stack.requireAlive();
        }
      }
    }
  }

  /** The folder is ours, no earlier broker works in it, and the port is free. */
  private FileLock prepared(DataFolder data) throws IOException, InterruptedException {
    FileLock lock = data.lock();
    try {
      Broker.stopLeftOver(data.broker());
      if (port != 0) {
        Broker.requireFree(port);
      }
      if (fresh) {
        data.clear();
      }
      return lock;
    } catch (IOException | RuntimeException e) {
      lock.acquiredBy().close();
      throw e;
    }
  }

  /** On a signal: asks the demo to end, and gives it the time to save. */
  private void stop() {
    stopping.countDown();
    try {
      if (!stopped.await(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
        System.err.println("remask: did not end in time; the next start goes on from the ledger");
        ProcessHandle.current().children().forEach(ProcessHandle::destroy);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Path corpora() {
    @Nullable String home = System.getProperty("remask.home");
    if (home == null) {
      throw new ConfigException("remask.home", null, "is not set; start the program by ./remask");
    }
    return Path.of(home, "corpora");
  }

  private static void require(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new ConfigException(option, value, "must be from " + least + " to " + most);
    }
  }
}
