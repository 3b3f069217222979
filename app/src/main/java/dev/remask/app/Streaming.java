package dev.remask.app;

import dev.remask.schemas.Dataset;
import dev.remask.topology.StreamInstance;
import dev.remask.topology.StreamSettings;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.Consumer;

/** The streaming side of a run, from the settings. */
final class Streaming {
  private final Settings settings;

  Streaming(Settings settings) {
    this.settings = settings;
  }

  /**
   * An instance that is not started yet.
   *
   * @param state holds what can always be restored
   * @param notices hears of outages
   */
  StreamInstance instance(Dataset dataset, Path state, Consumer<String> notices) {
    StreamSettings stream =
        new StreamSettings(
            settings.clients(),
            settings.topics(),
            state,
            settings.integer("stream.threads"),
            settings.integer("stream.commit.interval.ms"),
            settings.whole("examples.ahead.max"),
            new Setup(settings).replication(),
            settings.outageMax());
    return new StreamInstance(
        stream, dataset, settings.text("run.name"), Clock.systemUTC(), notices);
  }
}
