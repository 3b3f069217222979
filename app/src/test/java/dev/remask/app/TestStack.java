package dev.remask.app;

import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Dataset;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A broker and a registry of a test's own, on free ports; each test has a topic prefix of its own.
 */
final class TestStack implements AutoCloseable {
  private final LocalStack stack;

  private TestStack(LocalStack stack) {
    this.stack = stack;
  }

  static TestStack start(Path folder) throws Exception {
    DataFolder data = new DataFolder(folder.resolve("stack"));
    return new TestStack(LocalStack.start(data, data.lock(), 0));
  }

  Map<String, Object> clients() {
    return stack.clients();
  }

  /**
   * The demo's settings on this stack.
   *
   * @param overrides {@code key=value}
   */
  Settings settings(String prefix, String... overrides) {
    Map<String, String> defaults = new HashMap<>(DemoDefaults.ALL);
    stack
        .clients()
        .forEach(
            (key, value) ->
                defaults.put(
                    key.equals(LocalStack.REGISTRY_URL) ? key : "kafka." + key, value.toString()));
    defaults.put("topic.prefix", prefix);
    Map<String, String> set = new HashMap<>();
    for (String override : overrides) {
      String[] parts = override.split("=", 2);
      set.put(parts[0], parts[1]);
    }
    return Settings.of(defaults, null, Map.of(), set);
  }

  /** Declares the settings' dataset and run, with a vocabulary learned from these texts. */
  static Dataset declare(Settings settings, List<String> texts) {
    Setup setup = new Setup(settings);
    setup.ensureSharedTopics();
    Vocabulary vocabulary = Vocabulary.learn(texts, settings.integer("vocabulary.size"));
    Dataset dataset =
        setup.declare(
            new DatasetSettings(settings)
                .declare(vocabulary, Instant.parse("2026-01-01T00:00:00Z")));
    setup.ensureTopics(dataset, settings.text("run.name"));
    new RunPlan(settings).declare(dataset);
    return dataset;
  }

  @Override
  public void close() throws Exception {
    stack.close();
  }
}
