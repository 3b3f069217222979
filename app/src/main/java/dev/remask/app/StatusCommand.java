package dev.remask.app;

import dev.remask.schemas.Books;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.HeldOutEvaluation;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.PackerState;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.Topics;
import dev.remask.schemas.TrainingStep;
import dev.remask.topology.MaskerProgress;
import dev.remask.topology.PackerProgress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
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
      new StatusReport(new Console(System.out, Terminal.isColoured(), System::nanoTime))
          .print(status);
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
    SortedMap<String, SortedMap<Integer, PlannedEpoch>> planned = planned(settings, only);
    List<Status.OfDataset> datasets = new ArrayList<>();
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
    List<Status.OfRun> runs = new ArrayList<>();
    planned.forEach(
        (name, epochs) ->
            runs.add(
                run(
                    settings,
                    name,
                    epochs.values(),
                    segments,
                    new Learned(only == null ? null : new Status.History()))));
    return new Status(datasets, runs);
  }

  private static SortedMap<String, SortedMap<Integer, PlannedEpoch>> planned(
      Settings settings, @Nullable String only) {
    SortedMap<String, SortedMap<Integer, PlannedEpoch>> planned = new TreeMap<>();
    try (PlanReader plans = new PlanReader(settings.clients(), settings.topics())) {
      plans.readToEnd();
      planned.putAll(plans.runs());
    }
    if (only != null) {
      planned.keySet().retainAll(List.of(only));
      if (planned.isEmpty()) {
        throw new ConfigException("--run", only, "is no run");
      }
    }
    return planned;
  }

  private static boolean learns(SortedMap<Integer, PlannedEpoch> run, Dataset dataset) {
    return run.values().iterator().next().plan().getDataset().equals(dataset.getName());
  }

  private static Status.OfDataset dataset(Settings settings, Dataset dataset, long segments) {
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
    return new Status.OfDataset(
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
        sum(books, Books::getHeldOutTokens),
        sum(books, Books::getHeldOutTruncatedTokens),
        sum(books, Books::getHeldOutRepeatedTokens),
        accounted == sum(books, Books::getDocuments));
  }

  private static long sum(Collection<Books> books, ToLongFunction<Books> field) {
    return books.stream().mapToLong(field).sum();
  }

  private static Status.OfRun run(
      Settings settings,
      String name,
      Collection<PlannedEpoch> epochs,
      Map<String, long[]> segments,
      Learned learned) {
    LogReader.readAll(
        settings.clients(), settings.topics().ledger(name), record -> learned.add(record.value()));
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
            learned.examples,
            epoch ->
                MaskerProgress.reached(settings.clients(), settings.topics(), epoch, ends.length));
    TrainingStep step = learned.last;
    return step == null
        ? new Status.OfRun(name, dataset, states, 0, null, null, null, List.of(), null, null)
        : new Status.OfRun(
            name,
            dataset,
            states,
            step.getStep(),
            step.getLoss(),
            step.getLearningRate(),
            learned.heldOut,
            learned.live.sources(),
            learned.live.delay().orElse(null),
            learned.history);
  }

  /** A ledger, which may be long, folded. */
  private static final class Learned {
    final Map<Integer, Long> examples = new HashMap<>(); // by epoch
    final LiveHistory live = new LiveHistory();
    final Status.@Nullable History history;
    @Nullable TrainingStep last;
    Status.@Nullable HeldOut heldOut;

    Learned(Status.@Nullable History history) {
      this.history = history;
    }

    void add(TrainingStep step) {
      examples.merge(step.getEpoch(), (long) step.getExamples(), Long::sum);
      last = step;
      live.add(step);
      if (history != null) {
        history.add(step);
      }
      HeldOutEvaluation found = step.getHeldOut();
      if (found != null) {
        heldOut = new Status.HeldOut(step.getStep(), HeldOutFigures.of(found));
      }
    }
  }
}
