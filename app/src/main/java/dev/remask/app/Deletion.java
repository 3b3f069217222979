package dev.remask.app;

import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.Topics;
import dev.remask.topology.PackingTopology;
import dev.remask.topology.Planner;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigException;

/**
 * What would go with a run or a dataset, and its going. The name is freed first, so that whoever
 * still works for it ends; what a broken-off deletion leaves is found by the next one. Documents
 * are not ours: they stay, and so do the schemas of the registry.
 *
 * @param what for people
 * @param topics that exist
 * @param groups that exist
 * @param checkpoints a folder that exists, or nothing
 */
record Deletion(String what, List<String> topics, List<String> groups, List<Path> checkpoints) {
  /** Frees the name. */
  interface Naming {
    void free();
  }

  boolean isNothing() {
    return topics.isEmpty() && groups.isEmpty() && checkpoints.isEmpty();
  }

  /** Of a run, with the checkpoints in this machine's folder. */
  static Deletion ofRun(Settings settings, String run, DataFolder data) {
    Topics topics = settings.topics();
    Set<String> topicsOfRun =
        Set.of(
            topics.live(run, 1).name(), topics.examples(run, 1).name(), topics.ledger(run).name());
    String live = topics.maskerId(run, 0);
    Pattern masker = Pattern.compile(Pattern.quote(live.substring(0, live.length() - 1)) + "\\d+");
    Path checkpoints = data.checkpoints(run);
    return find(
        settings,
        "run " + run,
        topicsOfRun::contains,
        group -> masker.matcher(group).matches() || group.equals(topics.trainerId(run)),
        Files.isDirectory(checkpoints) ? List.of(checkpoints) : List.of());
  }

  /**
   * Of a dataset that no run uses any more.
   *
   * @throws ConfigException naming the runs that do
   */
  static Deletion ofDataset(Settings settings, String dataset) {
    Topics topics = settings.topics();
    List<String> runs = runsOf(settings, dataset);
    if (!runs.isEmpty()) {
      throw new ConfigException(
          "--dataset", dataset, "is used by the runs " + runs + "; delete them first");
    }
    Set<String> topicsOfDataset =
        Set.of(topics.segments(dataset, 1).name(), topics.heldOut(dataset, 1).name());
    List<String> changelogs = PackingTopology.changelogs(topics, dataset);
    String packer = topics.packerId(dataset);
    return find(
        settings,
        "dataset " + dataset,
        topic -> topicsOfDataset.contains(topic) || changelogs.contains(topic),
        packer::equals,
        List.of());
  }

  private static List<String> runsOf(Settings settings, String dataset) {
    try (PlanReader plans = new PlanReader(settings.clients(), settings.topics())) {
      plans.readToEnd();
      List<String> runs = new ArrayList<>();
      plans
          .runs()
          .forEach(
              (run, epochs) -> {
                PlannedEpoch first = epochs.get(epochs.firstKey());
                if (first != null && first.plan().getDataset().equals(dataset)) {
                  runs.add(run);
                }
              });
      return runs;
    }
  }

  private static Deletion find(
      Settings settings,
      String what,
      Predicate<String> topic,
      Predicate<String> group,
      List<Path> checkpoints) {
    try (Admin admin = Admin.create(ClientConfigs.admin(settings.clients()))) {
      Set<String> topics = new TreeSet<>(get(admin.listTopics().names()));
      topics.removeIf(topic.negate());
      Set<String> groups = new TreeSet<>();
      get(admin.listGroups().all()).stream()
          .map(GroupListing::groupId)
          .filter(group)
          .forEach(groups::add);
      return new Deletion(what, List.copyOf(topics), List.copyOf(groups), checkpoints);
    }
  }

  static Naming run(Settings settings, String run) {
    return () -> {
      try (Planner planner = new Planner(settings.clients(), settings.topics(), run)) {
        planner.delete();
      }
    };
  }

  static Naming dataset(Settings settings, String dataset) {
    return () -> Datasets.delete(settings.clients(), settings.topics(), dataset);
  }

  /**
   * @throws Failure if somebody works with it: nothing is deleted then
   */
  void perform(Settings settings, Naming naming) throws IOException {
    try (Admin admin = Admin.create(ClientConfigs.admin(settings.clients()))) {
      requireIdle(admin);
      List<FileLock> locks = new ArrayList<>();
      try {
        for (Path folder : checkpoints) {
          locks.add(DataFolder.lock("the checkpoints' folder", folder));
        }
        naming.free();
        get(admin.deleteTopics(topics).all());
        get(admin.deleteConsumerGroups(groups).all());
        for (Path folder : checkpoints) {
          DataFolder.deleteTree(folder);
        }
      } finally {
        for (FileLock lock : locks) {
          lock.acquiredBy().close();
        }
      }
    }
  }

  private void requireIdle(Admin admin) {
    get(admin.describeConsumerGroups(groups).all())
        .forEach(
            (group, description) -> {
              if (!description.members().isEmpty()) {
                throw new Failure(
                    group
                        + " has "
                        + description.members().size()
                        + " members: end every 'remask stream' of it first",
                    null);
              }
            });
  }

  private static <T> T get(KafkaFuture<T> answer) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
