package dev.remask.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that every command has. */
final class CommonOptions {
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

  boolean json() {
    return json;
  }

  /** Also tells the log where to go; nothing may have logged before. */
  DataFolder data() {
    DataFolder folder =
        new DataFolder(data == null ? Path.of(System.getProperty("user.home"), ".remask") : data);
    System.setProperty(LogFile.PROPERTY, folder.log().toString());
    return folder;
  }

  Settings settings(Map<String, String> defaults) {
    return Settings.of(defaults, config, System.getenv(), set);
  }

  /**
   * The settings of a command that looks at a run: the stack of the data folder, unless another
   * Kafka is named.
   */
  Settings settingsOfRunning(Map<String, String> defaults) throws IOException {
    Map<String, String> all = new HashMap<>(defaults);
    Properties published = data().published();
    for (String key : new String[] {"bootstrap.servers", LocalStack.REGISTRY_URL}) {
      String value = published.getProperty(key);
      if (value != null) {
        all.put(key.equals(LocalStack.REGISTRY_URL) ? key : "kafka." + key, value);
      }
    }
    Settings settings = settings(all);
    if (!settings.clients().containsKey("bootstrap.servers")) {
      throw new ConfigException(
          "nothing runs on "
              + data().root()
              + "; start 'remask demo', or give kafka.bootstrap.servers and schema.registry.url");
    }
    return settings;
  }
}
