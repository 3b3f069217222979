package dev.remask.app;

import dev.remask.schemas.Dataset;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.SequenceKey;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Examples with their masks marked, made again from the segment and the plan. */
@Command(
    name = "peek",
    description = "Shows a segment as the model sees it in several epochs.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example: remask peek --segment 0:7 --epochs 1,2,3"})
final class PeekCommand implements Callable<Integer> {
  @Mixin private CommonOptions options = new CommonOptions();

  @Option(
      names = "--segment",
      paramLabel = "P:SEQ",
      description = "Partition and sequence (default: the first segment that there is).")
  private @Nullable String segment;

  @Option(
      names = "--epochs",
      split = ",",
      paramLabel = "E",
      description = "Which epochs (default: the first three that are planned).")
  private @Nullable List<Integer> epochs;

  @Override
  public Integer call() throws Exception {
    Settings settings = options.connected(DemoDefaults.ALL);
    PlannedRun run = PlannedRun.find(settings);
    SortedMap<Integer, PlannedEpoch> planned = run.epochs();
    Dataset dataset = run.dataset();
    SequenceKey place =
        segment == null ? first(settings, dataset) : place(segment, dataset.getPartitions());
    Peek peek = Peek.of(settings, dataset, place);
    List<Peek.View> views = new ArrayList<>();
    for (int epoch : epochs == null ? planned.keySet().stream().limit(3).toList() : epochs) {
      PlannedEpoch plan = planned.get(epoch);
      if (plan == null) {
        throw new ConfigException(
            "--epochs", epoch, "run " + run.name() + " has the epochs " + planned.keySet());
      }
      views.add(peek.view(epoch, plan.plan()));
    }
    if (options.json()) {
      System.out.println(Json.text(peek.describe(views)));
    } else {
      peek.print(views, new Console(System.out, Terminal.isColoured(), System::nanoTime));
    }
    return 0;
  }

  private static SequenceKey first(Settings settings, Dataset dataset) {
    int partitions = dataset.getPartitions();
    long[] ends =
        LogReader.endSequences(
            settings.clients(), settings.topics().segments(dataset.getName(), partitions));
    for (int partition = 0; partition < partitions; partition++) {
      if (ends[partition] > 0) {
        return new SequenceKey(partition, 0);
      }
    }
    throw new Failure("dataset " + dataset.getName() + " has no segment yet", null);
  }

  private static SequenceKey place(String text, int partitions) {
    String[] parts = text.split(":", -1);
    try {
      if (parts.length == 2) {
        SequenceKey place = new SequenceKey(Integer.parseInt(parts[0]), Long.parseLong(parts[1]));
        if (place.partition() >= 0 && place.partition() < partitions && place.sequence() >= 0) {
          return place;
        }
      }
    } catch (NumberFormatException e) {
      // Refused below.
    }
    throw new ConfigException(
        "--segment", text, "must be PARTITION:SEQUENCE, partitions 0 to " + (partitions - 1));
  }
}
