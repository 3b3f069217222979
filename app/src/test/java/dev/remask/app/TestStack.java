package dev.remask.app;

import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Dataset;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A broker and a registry on free ports, for all test classes that ask for it; each test has a
 * topic prefix of its own, and names of its own for the datasets and runs that it streams.
 */
final class TestStack implements AutoCloseable {
  /** Starts one when the first class asks, and closes it after the last. */
  static final class Shared implements ParameterResolver {
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType().equals(TestStack.class);
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return context
          .getRoot()
          .getStore(Namespace.GLOBAL)
          .getOrComputeIfAbsent(TestStack.class, type -> start(), TestStack.class);
    }
  }

  private final DataFolder data;
  private final LocalStack stack;

  private TestStack(DataFolder data, LocalStack stack) {
    this.data = data;
    this.stack = stack;
  }

  private static TestStack start() {
    try {
      DataFolder data =
          new DataFolder(Files.createTempDirectory(Path.of("target").toAbsolutePath(), "stack"));
      return new TestStack(data, LocalStack.start(data, data.lock(), 0, 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
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
    data.clear();
  }
}
