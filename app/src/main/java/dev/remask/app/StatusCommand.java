package dev.remask.app;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.remask.app.Console.Style;
import dev.remask.app.LiveHistory.DelaySeconds;
import dev.remask.app.LiveHistory.SourceFigures;
import dev.remask.schemas.Books;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.HeldOutEvaluation;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.PackerState;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.Topic;
import dev.remask.schemas.Topics;
import dev.remask.schemas.TrainingStep;
import dev.remask.topology.MaskerProgress;
import dev.remask.topology.PackerProgress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToLongFunction;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is where, from the logs alone: it is right whether or not anything else runs. */
@Command(
    name = "status",
    description = "Shows the books of the datasets, the epochs of the runs, and what was learned.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example: remask status --run first"})
final class StatusCommand implements Callable<Integer> {
  private record DatasetStatus(
      String name,
      String tokenizerSha256,
      int segmentLength,
      int partitions,
      long segments,
      long documents,
      long packed,
      long pending,
      long heldOut,
      long duplicates,
      long tombstones,
      long deadLetters,
      long updates,
      long tokens,
      long truncatedTokens,
      long repeatedTokens,
      boolean balanced) {}

  private record RunStatus(
      String name,
      String dataset,
      List<EpochStatus> epochs,
      long steps,
      @Nullable Double loss,
      @Nullable Double learningRate,
      @Nullable HeldOutStatus heldOut,
      List<SourceFigures> sources,
      @Nullable DelaySeconds liveDelay,
      @JsonIgnore @Nullable History history) {}

  /** What a chart of the run is drawn from. */
  private static final class History {
    private static final int WIDTH = 78;
    private static final int HEIGHT = 12;

    private final LossHistory learned = new LossHistory();
    private final LossHistory heldOut = new LossHistory();

    void add(TrainingStep step) {
      learned.add(step.getStep(), step.getLoss());
      if (step.getHeldOut() != null) {
        heldOut.add(step.getStep(), step.getHeldOut().getLoss());
      }
    }

    void print(Console console) {
      if (learned.points().isEmpty()) {
        return;
      }
      boolean looked = !heldOut.points().isEmpty();
      console.print("");
      console.print(
          "  loss in nats by step:  "
              + console.in(Style.CYAN, "⠤⠒ learned from")
              + (looked ? "  " + console.in(Style.MAGENTA, "● held out") : "")
              + ", over all selected tokens");
      LossChart.draw(
              learned.points(),
              heldOut.points(),
              WIDTH,
              HEIGHT,
              text -> console.in(Style.CYAN, text),
              text -> console.in(Style.MAGENTA, text))
          .forEach(console::print);
    }
  }

  /**
   * The last look at held-out text.
   *
   * @param step after which
   */
  private record HeldOutStatus(long step, HeldOutFigures figures) {}

  private record Status(List<DatasetStatus> datasets, List<RunStatus> runs) {}

  @Mixin private CommonOptions options = new CommonOptions();

  @Option(
      names = "--run",
      paramLabel = "NAME",
      description = "Of this run and its dataset alone, with a chart of its loss.")
  private @Nullable String run;

  @Override
  public Integer call() throws Exception {
    Status status = statusOrNothing(options.connected(DemoDefaults.ALL), run);
    if (options.json()) {
      System.out.println(Json.text(status));
    } else {
      print(status, new Console(System.out, Terminal.isColoured(), System::nanoTime));
    }
    return 0;
  }

  /** Where nothing was ever declared, the topics are not there: that is a status too. */
  private static Status statusOrNothing(Settings settings, @Nullable String run) {
    try {
      return read(settings, run);
    } catch (UnknownTopicOrPartitionException e) {
      String topic = String.valueOf(e.getMessage());
      if (!topic.contains(settings.topics().plans().name())
          && !topic.contains(settings.topics().datasets().name())) {
        throw e;
      }
      if (run != null) {
        throw new ConfigException("--run", run, "is no run");
      }
      return new Status(List.of(), List.of());
    }
  }

  /**
   * @param only this run and its dataset; null for all
   */
  private static Status read(Settings settings, @Nullable String only) {
    Map<String, Object> clients = settings.clients();
    Topics topics = settings.topics();
    SortedMap<String, SortedMap<Integer, PlannedEpoch>> planned = new TreeMap<>();
    try (PlanReader plans = new PlanReader(clients, topics)) {
      plans.readToEnd();
      planned.putAll(plans.runs());
    }
    if (only != null) {
      planned.keySet().retainAll(List.of(only));
      if (planned.isEmpty()) {
        throw new ConfigException("--run", only, "is no run");
      }
    }
    List<DatasetStatus> datasets = new ArrayList<>();
    Map<String, long[]> segments = new HashMap<>();
    for (Dataset dataset : Datasets.all(clients, topics).values()) {
      if (only == null || planned.values().stream().anyMatch(run -> learns(run, dataset))) {
        long[] ends =
            LogReader.endSequences(
                clients, topics.segments(dataset.getName(), dataset.getPartitions()));
        segments.put(dataset.getName(), ends);
        datasets.add(dataset(settings, dataset, Arrays.stream(ends).sum()));
      }
    }
    List<RunStatus> runs = new ArrayList<>();
    planned.forEach(
        (name, epochs) ->
            runs.add(
                run(
                    settings,
                    name,
                    epochs.values(),
                    segments,
                    only == null ? null : new History())));
    return new Status(datasets, runs);
  }

  private static boolean learns(SortedMap<Integer, PlannedEpoch> run, Dataset dataset) {
    return run.values().iterator().next().plan().getDataset().equals(dataset.getName());
  }

  private static DatasetStatus dataset(Settings settings, Dataset dataset, long segments) {
    List<Books> books =
        PackerProgress.states(settings.clients(), settings.topics(), dataset).values().stream()
            .map(PackerState::getBooks)
            .toList();
    long accounted =
        sum(
            books,
            b ->
                b.getPacked()
                    + b.getPending()
                    + b.getHeldOut()
                    + b.getDuplicates()
                    + b.getTombstones()
                    + b.getDeadLetters());
    return new DatasetStatus(
        dataset.getName(),
        dataset.getTokenizerSha256(),
        dataset.getSegmentLength(),
        dataset.getPartitions(),
        segments,
        sum(books, Books::getDocuments),
        sum(books, Books::getPacked),
        sum(books, Books::getPending),
        sum(books, Books::getHeldOut),
        sum(books, Books::getDuplicates),
        sum(books, Books::getTombstones),
        sum(books, Books::getDeadLetters),
        sum(books, Books::getUpdates),
        sum(books, Books::getTokens),
        sum(books, Books::getTruncatedTokens),
        sum(books, Books::getRepeatedTokens),
        accounted == sum(books, Books::getDocuments));
  }

  private static long sum(Collection<Books> books, ToLongFunction<Books> field) {
    return books.stream().mapToLong(field).sum();
  }

  /**
   * Folds the ledger, which may be long.
   *
   * @param segments by dataset, per partition
   * @param history hears of every step
   */
  private static RunStatus run(
      Settings settings,
      String name,
      Collection<PlannedEpoch> epochs,
      Map<String, long[]> segments,
      @Nullable History history) {
    Map<Integer, Long> learned = new HashMap<>();
    AtomicReference<@Nullable TrainingStep> last = new AtomicReference<>();
    AtomicReference<@Nullable HeldOutStatus> heldOut = new AtomicReference<>();
    LiveHistory live = new LiveHistory();
    Topic<TrainingStep> ledger = settings.topics().ledger(name);
    LogReader.readAll(
        settings.clients(),
        ledger,
        record -> {
          TrainingStep step = record.value();
          learned.merge(step.getEpoch(), (long) step.getExamples(), Long::sum);
          last.set(step);
          live.add(step);
          if (history != null) {
            history.add(step);
          }
          HeldOutEvaluation found = step.getHeldOut();
          if (found != null) {
            heldOut.set(new HeldOutStatus(step.getStep(), HeldOutFigures.of(found)));
          }
        });
    String dataset = epochs.iterator().next().plan().getDataset();
    long[] ends = segments.get(dataset);
    if (ends == null) {
      throw new IllegalStateException(
          "run " + name + " names dataset " + dataset + ", which is not declared");
    }
    List<EpochStatus> states =
        EpochStatus.of(
            epochs,
            ends,
            learned,
            epoch ->
                MaskerProgress.reached(settings.clients(), settings.topics(), epoch, ends.length));
    TrainingStep step = last.get();
    return step == null
        ? new RunStatus(name, dataset, states, 0, null, null, null, List.of(), null, null)
        : new RunStatus(
            name,
            dataset,
            states,
            step.getStep(),
            step.getLoss(),
            step.getLearningRate(),
            heldOut.get(),
            live.sources(),
            live.delay().orElse(null),
            history);
  }

  /** What only some datasets have. */
  private static String further(DatasetStatus d) {
    List<String> parts = new ArrayList<>();
    if (d.updates() > 0) {
      parts.add(
          String.format(
              Locale.ROOT, "%,d updates among the packed, pending and held out", d.updates()));
    }
    if (d.truncatedTokens() + d.repeatedTokens() > 0) {
      parts.add(
          String.format(
              Locale.ROOT,
              "pairs: of %,d tokens %,d truncated; %,d of other documents repeated",
              d.tokens(),
              d.truncatedTokens(),
              d.repeatedTokens()));
    }
    return String.join("; ", parts);
  }

  private static void printLive(RunStatus run, Console console) {
    if (run.liveDelay() != null) {
      console.print(
          String.format(
              Locale.ROOT,
              "  live text was learned %.1f s after it came, %.1f s at most (median and most of the last %d live steps)",
              run.liveDelay().median(),
              run.liveDelay().max(),
              LiveHistory.STEPS));
    }
    if (!run.sources().isEmpty()) {
      console.print(
          String.format(
              Locale.ROOT,
              "  loss of live text before it was learned, first and last %d steps with the source:",
              LiveHistory.STEPS));
    }
    for (SourceFigures source : run.sources()) {
      console.print(
          String.format(
              Locale.ROOT,
              "    %-24s %6.3f %6.3f  %,d tokens",
              source.source(),
              source.firstLoss(),
              source.loss(),
              source.tokens()));
    }
  }

  private static void print(Status status, Console console) {
    if (status.datasets().isEmpty() && status.runs().isEmpty()) {
      console.print("no dataset yet; 'remask dataset' declares one");
    }
    for (DatasetStatus d : status.datasets()) {
      console.print(
          console.in(Style.BOLD, "dataset " + d.name())
              + String.format(
                  Locale.ROOT,
                  "  %,d segments of at most %d tokens in %d partitions",
                  d.segments(),
                  d.segmentLength(),
                  d.partitions()));
      console.print(
          String.format(
              Locale.ROOT,
              "  %,d documents = %,d packed + %,d pending + %,d held out + %,d duplicates + %,d tombstones + %,d dead letters%s",
              d.documents(),
              d.packed(),
              d.pending(),
              d.heldOut(),
              d.duplicates(),
              d.tombstones(),
              d.deadLetters(),
              d.balanced() ? "" : "   DOES NOT BALANCE"));
      String further = further(d);
      if (!further.isEmpty()) {
        console.print("  " + further);
      }
    }
    for (RunStatus r : status.runs()) {
      console.print(
          console.in(Style.BOLD, "run " + r.name())
              + String.format(
                  Locale.ROOT,
                  "  on dataset %s, %,d steps%s",
                  r.dataset(),
                  r.steps(),
                  r.loss() == null ? "" : String.format(Locale.ROOT, ", loss %.3f", r.loss())));
      for (EpochStatus e : r.epochs()) {
        console.print("  " + e.line());
      }
      if (r.heldOut() != null) {
        List<String> lines = r.heldOut().figures().lines();
        console.print(
            String.format(
                Locale.ROOT, "  held out at step %,d: %s", r.heldOut().step(), lines.get(0)));
        lines.stream().skip(1).forEach(line -> console.print("    " + line));
      }
      if (r.history() != null) {
        printLive(r, console);
        r.history().print(console);
      }
    }
  }
}
