package dev.remask.app;

import dev.remask.topology.StreamInstance;
import dev.remask.topology.StreamStatus;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.streams.errors.StreamsException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The packer of a dataset, the live lane of a run and its planned epochs. */
@Command(
    name = "stream",
    description = {
      "Packs documents into segments, masks them as they come, and again for each planned epoch.",
      "Any number of instances share the work; each may be killed at any time."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Example: remask stream --set dataset.name=news --set run.name=first"})
final class StreamCommand implements Callable<Integer> {
  private static final Duration LOOK = Duration.ofMillis(200);

  @Mixin private CommonOptions options = new CommonOptions();

  @Override
  public Integer call() throws Exception {
    DataFolder data = options.data();
    Settings given = options.settingsOfRunning(Map.of());
    Console console = options.console();
    Consumer<String> notices = line -> console.part("outage", line);
    try (Stopping stopping = Stopping.onSignal();
        Monitoring monitoring = Monitoring.open(given)) {
      monitoring.url().ifPresent(url -> console.part("http", url + "/healthz, /readyz, /metrics"));
      Connection connection = new Connection(given, given.outageMax(), notices, stopping::asked);
      Optional<Run> opened =
          connection.await() ? connection.answer(() -> Run.open(given)) : Optional.empty();
      if (opened.isEmpty()) {
        return 0;
      }
      Run run = opened.get();
      console.part("dataset", DatasetCommand.line(run.dataset()));
      try (StreamInstance stream =
          new Streaming(run.settings()).instance(run.dataset(), data.streams(), notices)) {
        stream.start();
        StreamMeters.bind(monitoring.registry(), stream::status);
        monitoring.watch(new StreamHealth(stream::status, stream::failure, System::nanoTime));
        watch(stream, console, stopping);
      }
      console.part("stream", "ended; the next start goes on");
    }
    return 0;
  }

  private static void watch(StreamInstance stream, Console console, Stopping stopping)
      throws InterruptedException {
    boolean running = false;
    while (!stopping.await(LOOK)) {
      if (stream.failure().isPresent()) {
        throw failure(stream.failure().get());
      }
      StreamStatus status = stream.status();
      if (!running && status.isRunning()) {
        running = true;
        console.part("stream", "packer and live lane run, exactly once");
      }
      if (running) {
        console.progress("stream", line(status));
      }
    }
  }

  /** A user's mistake stays one. Kafka Streams' wrapping tells where, its cause tells what. */
  private static RuntimeException failure(Throwable cause) {
    Throwable what = cause;
    while (what instanceof StreamsException && what.getCause() != null) {
      what = what.getCause();
    }
    return what instanceof ConfigException mistake
        ? mistake
        : new IllegalStateException("streaming ended: " + firstLine(what), cause);
  }

  private static String firstLine(Throwable what) {
    String message = what.getMessage();
    return message == null
        ? what.getClass().getSimpleName()
        : message.lines().findFirst().orElse(message);
  }

  private static String line(StreamStatus status) {
    String replay =
        status
            .replay()
            .map(
                lane ->
                    String.format(
                        Locale.ROOT,
                        " · epoch %d: %,d of %,d masked%s",
                        lane.epoch(),
                        lane.masked(),
                        lane.total(),
                        lane.waiting() ? ", waits for the trainer" : ""))
            .orElse("");
    return String.format(
        Locale.ROOT,
        "%,d records to pack · live lane: %,d of %,d masked%s%s",
        status.packer().lag(),
        status.live().masked(),
        status.live().total(),
        status.live().waiting() ? ", waits for the trainer" : "",
        replay);
  }
}
