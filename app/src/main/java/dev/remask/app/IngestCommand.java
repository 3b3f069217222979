package dev.remask.app;

import dev.remask.app.Console.Style;
import dev.remask.app.Corpus.Source;
import dev.remask.schemas.Dataset;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.config.ConfigException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Text into the documents topic; what is there already is not written again. */
@Command(
    name = "ingest",
    description = "Writes text files to the documents topic of a dataset.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example: remask ingest my-texts --set dataset.name=news"})
final class IngestCommand implements Callable<Integer> {
  private record Ingested(long written, long skipped, long refused, boolean whole) {}

  @Mixin private CommonOptions options = new CommonOptions();
  @Mixin private TextOptions text = new TextOptions();

  @Option(
      names = "--seconds",
      defaultValue = "0",
      paramLabel = "S",
      description = "Spread the text over this time (default: as fast as it goes).")
  private int seconds;

  @Option(
      names = "--no-flush",
      description = "More text comes: leave the last segment of each partition open.")
  private boolean noFlush;

  @Override
  public Integer call() throws Exception {
    CommonOptions.requireBetween("--seconds", seconds, 0, 86_400);
    if (!text.given()) {
      throw new ConfigException("PATH: give text files, folders, or --demo-text");
    }
    options.data();
    List<Source> sources = text.sources();
    Settings given = options.connected(Map.of());
    Dataset dataset = new Setup(given).dataset();
    Settings settings = DatasetSettings.of(given, dataset);
    Console console = options.console();
    try (Stopping stopping = Stopping.onSignal();
        Ingest ingest = new Ingest(settings, dataset, sources);
        Background<Boolean> feeding =
            new Background<>(
                "remask-ingest",
                ended ->
                    feed(
                        ingest,
                        sources,
                        console,
                        () -> ended.getAsBoolean() || stopping.asked()))) {
      feeding.start();
      Silence silence = new Silence(ingest, console);
      while (!feeding.finished()) {
        console.progress("ingest", progress(ingest, sources.size()));
        silence.look();
      }
      report(console, dataset, ingest, feeding.result());
    }
    return 0;
  }

  /** Says now and then that the broker answers for nothing. */
  private static final class Silence {
    private static final long SAY_EVERY_NANOS = Duration.ofSeconds(10).toNanos();

    private final Ingest ingest;
    private final Console console;
    private long answered = -1;
    private long sinceNs;
    private long saidNs;

    Silence(Ingest ingest, Console console) {
      this.ingest = ingest;
      this.console = console;
    }

    void look() {
      long now = System.nanoTime();
      if (ingest.unanswered() == 0 || ingest.answered() != answered) {
        answered = ingest.answered();
        sinceNs = now;
        saidNs = now;
      } else if (now - saidNs >= SAY_EVERY_NANOS) {
        saidNs = now;
        console.part(
            "outage", "Kafka has not answered for " + (now - sinceNs) / 1_000_000_000 + " s");
      }
    }
  }

  /** Whether all of it was written, and not stopped before. */
  private boolean feed(Ingest ingest, List<Source> sources, Console console, BooleanSupplier stop)
      throws InterruptedException {
    Ingest.Refusals refusals =
        (source, bad) ->
            console.part(
                "refused",
                console.in(
                    Style.YELLOW,
                    source.id() + ": " + bad.reason().code() + ", " + bad.getMessage()));
    ingest.feed(sources, Duration.ofSeconds(seconds), refusals, stop);
    boolean whole = !stop.getAsBoolean();
    ingest.finish(whole && !noFlush, refusals);
    return whole;
  }

  private static String progress(Ingest ingest, int all) {
    long seen = ingest.written() + ingest.skipped() + ingest.refused();
    return String.format(Locale.ROOT, "%,d of %,d documents", seen, all);
  }

  private void report(Console console, Dataset dataset, Ingest ingest, boolean whole) {
    console.part(
        "ingest",
        String.format(
            Locale.ROOT,
            "%,d documents written to %s, %,d were there, %,d refused%s",
            ingest.written(),
            dataset.getDocumentsTopic(),
            ingest.skipped(),
            ingest.refused(),
            whole ? "" : "; stopped: the next start goes on"));
    if (options.json()) {
      System.out.println(
          Json.text(new Ingested(ingest.written(), ingest.skipped(), ingest.refused(), whole)));
    }
  }
}
