package dev.remask.app;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options that every command has. */
final class CommonOptions {
  /** Somebody sits and waits. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(names = "--config", paramLabel = "FILE", description = "A properties file of settings.")
  private @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One setting; may be repeated. Goes before the file and the environment.")
  private Map<String, String> set = new LinkedHashMap<>();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where a single machine keeps everything (default: ~/.remask).")
  private @Nullable Path data;

  @Option(names = "--json", description = "Print one JSON object, for programs.")
  private boolean json;

  /** As {@code --set}, for an option that is short for a setting. */
  void set(String key, String value) {
    set.put(key, value);
  }

  boolean json() {
    return json;
  }

  /** Also tells the log where to go; nothing may have logged before. */
  DataFolder data() {
    DataFolder folder =
        new DataFolder(data == null ? Path.of(System.getProperty("user.home"), ".remask") : data);
    System.setProperty(LogFile.PROPERTY, folder.log(logName()).toString());
    return folder;
  }

  /** The command without the program: {@code train}, {@code ledger-show}. */
  private String logName() {
    return command.qualifiedName("-").replaceFirst("^remask-", "");
  }

  /** For people; where the output is for programs, to standard error. */
  Console console() {
    return json
        ? new Console(System.err, false, System::nanoTime)
        : new Console(System.out, Terminal.isColoured(), System::nanoTime);
  }

  static void requireBetween(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new ConfigException(option, value, "must be from " + least + " to " + most);
    }
  }

  /** The settings of a command that does one thing, once broker and registry have answered. */
  Settings connected(Map<String, String> defaults) throws IOException {
    Settings settings = settingsOfRunning(defaults);
    Duration patience = settings.outageMax();
    boolean unused =
        new Connection(
                settings,
                patience.compareTo(PATIENCE) < 0 ? patience : PATIENCE,
                line -> System.err.println("remask: " + line),
                () -> false)
            .await();
    return settings;
  }

  Settings settings(Map<String, String> defaults) {
    return Settings.of(defaults, config, System.getenv(), set);
  }

  /**
   * The settings of a command that looks at a run: the stack of the data folder, unless another
   * Kafka is named.
   */
  Settings settingsOfRunning(Map<String, String> defaults) throws IOException {
    DataFolder folder = data();
    Settings named = settings(defaults);
    boolean broker = named.clients().containsKey("bootstrap.servers");
    boolean registry = named.clients().containsKey(LocalStack.REGISTRY_URL);
    if (broker != registry) {
      // The ids of one registry mean nothing in another: a cluster of one's own has its own.
      throw new ConfigException(
          "give both, kafka.bootstrap.servers and schema.registry.url, or neither");
    }
    if (broker) {
      return named;
    }
    Properties published = folder.published();
    String servers = published.getProperty("bootstrap.servers");
    String url = published.getProperty(LocalStack.REGISTRY_URL);
    if (servers == null || url == null) {
      throw new ConfigException(
          "nothing runs on "
              + folder.root()
              + "; start 'remask demo' or 'remask up', or give kafka.bootstrap.servers and schema.registry.url");
    }
    Map<String, String> all = new HashMap<>(defaults);
    all.put("kafka.bootstrap.servers", servers);
    all.put(LocalStack.REGISTRY_URL, url);
    return settings(all);
  }
}
