package dev.remask.app;

import dev.remask.app.Demo.Script;
import java.nio.channels.FileLock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.kafka.common.config.ConfigException;
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

  private static final Duration LOOK = Duration.ofSeconds(1);

  @Mixin private CommonOptions options = new CommonOptions();

  @Option(
      names = "--text",
      paramLabel = "PATH",
      description =
          "Text files, JSON lines, a folder of them or a pattern, instead of the demo's own text; may be repeated.")
  private List<String> text = List.of();

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

  @Override
  public Integer call() throws Exception {
    CommonOptions.requireBetween("--epochs", epochs, 1, 10_000);
    CommonOptions.requireBetween("--seconds", seconds, 0, 86_400);
    CommonOptions.requireBetween("--port", port, 0, 65_535);
    DataFolder data = options.data();
    Settings wanted = options.settings(DemoDefaults.ALL);
    if (wanted.clients().containsKey("bootstrap.servers")) {
      throw new ConfigException(
          "kafka.bootstrap.servers",
          wanted.clients().get("bootstrap.servers"),
          "the demo starts its own broker");
    }
    Texts texts =
        text.isEmpty()
            ? Texts.of(Corpus.demo(TextOptions.corpora()))
            : Texts.files(text, Reading.plain("file"));
    texts.requireSome();
    // Locked before anything else is touched, and let go by the stack.
    FileLock lock = LocalStack.prepare(data, port, 0, fresh);
    try (Stopping stopping = Stopping.onSignal()) {
      run(
          data,
          lock,
          new Script(texts, Duration.ofSeconds(seconds), epochs, SENTENCES),
          options.console(),
          stopping);
    }
    return 0;
  }

  private void run(
      DataFolder data, FileLock lock, Script script, Console console, Stopping stopping)
      throws Exception {
    try (LocalStack stack = LocalStack.start(data, lock, port, 0)) {
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
              stopping::asked);
      Optional<DemoReport> report = demo.run();
      if (report.isPresent() && options.json()) {
        System.out.println(Json.text(report.get()));
      }
      if (report.isPresent() && !exitWhenDone) {
        console.print(
            "The broker stays up: try 'remask status', 'remask peek', 'remask fill-mask \"...\"' in another terminal. Ctrl-C ends it.");
        while (!stopping.await(LOOK)) {
          stack.requireAlive();
        }
      }
    }
  }
}
