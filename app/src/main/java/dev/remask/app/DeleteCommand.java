package dev.remask.app;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A run or a dataset goes, with all that was made for it. */
@Command(
    name = "delete",
    description = {
      "Shows what would be deleted with a run or a dataset; with --yes, deletes it.",
      "Documents stay, and so does what the schema registry holds."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Example: remask delete --run first --yes"})
final class DeleteCommand implements Callable<Integer> {
  @Mixin private CommonOptions options = new CommonOptions();

  @Option(names = "--run", paramLabel = "NAME", description = "The run to delete.")
  private @Nullable String run;

  @Option(names = "--dataset", paramLabel = "NAME", description = "The dataset to delete.")
  private @Nullable String dataset;

  @Option(names = "--yes", description = "Delete it; without this, only show.")
  private boolean yes;

  @Override
  public Integer call() throws Exception {
    DataFolder data = options.data();
    if ((run == null) == (dataset == null)) {
      throw new ConfigException("--run, --dataset: give one of them, and not both");
    }
    Settings settings = options.connected(Map.of());
    new Setup(settings).ensureSharedTopics();
    Deletion deletion;
    Deletion.Naming naming;
    if (run != null) {
      deletion = Deletion.ofRun(settings, run, data);
      naming = Deletion.run(settings, run);
    } else {
      String name = dataset == null ? "" : dataset;
      deletion = Deletion.ofDataset(settings, name);
      naming = Deletion.dataset(settings, name);
    }
    if (deletion.isNothing()) {
      throw new ConfigException(deletion.what() + ": there is no such thing");
    }
    if (yes) {
      deletion.perform(settings, naming);
    }
    print(deletion);
    return 0;
  }

  private void print(Deletion deletion) {
    if (options.json()) {
      Map<String, Object> described = new LinkedHashMap<>();
      described.put("what", deletion.what());
      described.put("deleted", yes);
      described.put("topics", deletion.topics());
      described.put("groups", deletion.groups());
      described.put("checkpoints", deletion.checkpoints().stream().map(Object::toString).toList());
      System.out.println(Json.text(described));
      return;
    }
    System.out.println((yes ? "deleted " : "would delete ") + deletion.what());
    list("topic", deletion.topics());
    list("group", deletion.groups());
    list("folder", deletion.checkpoints());
    if (!yes) {
      System.out.println("nothing is deleted yet; --yes does it");
    }
  }

  private static void list(String kind, List<?> names) {
    names.forEach(name -> System.out.printf("  %-6s  %s%n", kind, name));
  }
}
