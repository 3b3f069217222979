package dev.remask.app;

import dev.remask.schemas.Dataset;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Text into the documents topic; what is there already is not written again. */
@Command(
    name = "ingest",
    description =
        "Writes text to the documents topic of a dataset; what is there already is not written again.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example: remask ingest my-texts --set dataset.name=news",
      "Example: zcat news.jsonl.gz | remask ingest - --id-field url --text-field body"
    })
final class IngestCommand implements Callable<Integer> {
  private record Ingested(long written, long skipped, long refused, boolean whole) {}

  private static final double RATE_MAX = 1e6;

  @Mixin private CommonOptions options = new CommonOptions();
  @Mixin private TextOptions text = new TextOptions();

  @Option(
      names = "--seconds",
      defaultValue = "0",
      paramLabel = "S",
      description = "Spread the text over this time (default: as fast as it goes).")
  private int seconds;

  @Option(
      names = "--rate",
      paramLabel = "N",
      description = "At most so many documents a second; 0.1 is one in ten seconds.")
  private @Nullable Double rate;

  @Option(
      names = "--follow",
      description =
          "Go on with new and changed files, and with lines appended to JSON lines, until a signal.")
  private boolean follow;

  @Option(
      names = "--no-flush",
      description = "More text comes: leave the last segment of each partition open.")
  private boolean noFlush;

  @Override
  public Integer call() throws Exception {
    CommonOptions.requireBetween("--seconds", seconds, 0, 86_400);
    if (!text.given()) {
      throw new ConfigException("PATH: give text files, folders, - or --demo-text");
    }
    Pace unused = pace();
    options.data();
    Texts texts = text.texts();
    if (!follow) {
      texts.requireSome();
    }
    Settings given = options.connected(Map.of());
    Dataset dataset = new Setup(given).dataset();
    Settings settings = DatasetSettings.of(given, dataset);
    Console console = options.console();
    console.progress("ingest", "looking at what " + dataset.getDocumentsTopic() + " holds");
    try (Stopping stopping = Stopping.onSignal();
        Ingest ingest = new Ingest(settings, dataset);
        Background<Boolean> feeding =
            new Background<>(
                "remask-ingest",
                ended ->
                    feed(
                        ingest,
                        texts,
                        dataset.getDocumentCharsMax(),
                        Ingest.Refusals.to(console),
                        () -> ended.getAsBoolean() || stopping.asked()))) {
      feeding.start();
      Silence silence = new Silence(ingest, console);
      IngestProgress progress = new IngestProgress(System::nanoTime);
      while (!feeding.finished()) {
        long documents = ingest.written() + ingest.skipped() + ingest.refused();
        console.progress("ingest", progress.line(documents, ingest.share()));
        silence.look();
      }
      report(console, dataset, ingest, feeding.result());
    }
    return 0;
  }

  private Pace pace() {
    if (rate == null) {
      return seconds == 0 ? Pace.UNLIMITED : Pace.over(Duration.ofSeconds(seconds));
    }
    if (seconds > 0) {
      throw new ConfigException("--rate", rate, "and --seconds exclude each other");
    }
    if (!(rate > 0 && rate <= RATE_MAX)) {
      throw new ConfigException("--rate", rate, "must be above 0, at most 1000000");
    }
    return Pace.perSecond(rate);
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
  private boolean feed(
      Ingest ingest, Texts texts, int charsMax, Ingest.Refusals refusals, BooleanSupplier stop)
      throws InterruptedException {
    try (Sources sources = follow ? texts.follow(charsMax, stop) : texts.open(charsMax, stop)) {
      if (seconds > 0 && Double.isNaN(sources.share())) {
        throw new ConfigException(
            "--seconds", seconds, "needs an end that is known; --rate does not");
      }
      ingest.feed(sources, pace(), refusals, stop);
    }
    boolean whole = !stop.getAsBoolean();
    ingest.finish(whole && !noFlush, refusals);
    return whole;
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
