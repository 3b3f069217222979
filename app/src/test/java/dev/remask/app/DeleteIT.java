package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Topics;
import dev.remask.topology.StreamInstance;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A dataset and a run from their declaration to their end, and a second life of the same names.
 * Proves that nothing is deleted that is in use or without a yes; that nothing of them is left
 * then, and that what comes later is not disturbed by what was. On the way: a trainer refuses
 * another model for a run that has a checkpoint, and a folder of checkpoints that another has.
 */
@Timeout(180)
@ExtendWith(TestStack.Shared.class)
class DeleteIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Topics TOPICS = new Topics("delete.");
  private static final String TEXT = "The old man looked at the sea, and the sea at the man. ";

  @TempDir private Path folder;

  private TestStack stack;
  private DataFolder data;

  private Settings settings(String length, String seed) {
    return stack.settings(
        TOPICS.prefix(),
        "dataset.name=d",
        "run.name=r",
        "vocabulary.size=300",
        "dataset.partitions=2",
        "heldout.permille=0",
        "model.layers=1",
        "model.hidden=16",
        "model.feedforward=32",
        "model.heads=2",
        "batch.size=4",
        "batch.micro.size=2",
        "order.window=16",
        "segment.length=" + length,
        "run.seed=" + seed);
  }

  private Told told(Settings settings, String command) {
    List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
    arguments.addAll(List.of("--data", data.root().toString()));
    set(
        arguments,
        "kafka.bootstrap.servers",
        String.valueOf(settings.clients().get("bootstrap.servers")));
    set(
        arguments,
        LocalStack.REGISTRY_URL,
        String.valueOf(settings.clients().get(LocalStack.REGISTRY_URL)));
    if (!command.startsWith("delete")) {
      arguments.add("--set");
      arguments.add("http.port=-1");
      for (String key :
          List.of(
              "run.name",
              "model.layers",
              "model.feedforward",
              "model.heads",
              "batch.size",
              "batch.micro.size",
              "order.window")) {
        set(arguments, key, settings.shown(key));
      }
      if (!command.contains("model.hidden")) {
        set(arguments, "model.hidden", settings.shown("model.hidden"));
      }
    }
    set(arguments, "topic.prefix", TOPICS.prefix());
    return Told.by(arguments.toArray(String[]::new));
  }

  private static void set(List<String> arguments, String key, String value) {
    arguments.add("--set");
    arguments.add(key + "=" + value);
  }

  private Set<String> left() throws Exception {
    Set<String> left = new TreeSet<>();
    try (Admin admin = Admin.create(ClientConfigs.admin(stack.clients()))) {
      left.addAll(admin.listTopics().names().get());
      admin.listGroups().all().get().stream().map(GroupListing::groupId).forEach(left::add);
    }
    left.removeIf(
        name ->
            !name.startsWith("delete.d.")
                && !name.startsWith("delete.r.")
                && !name.startsWith("delete-"));
    return left;
  }

  private StreamInstance streaming(Settings settings, String name) {
    StreamInstance stream =
        new Streaming(settings)
            .instance(TestStack.declare(settings, List.of(TEXT)), folder.resolve(name), line -> {});
    stream.start();
    return stream;
  }

  private void ingest(Settings settings) throws Exception {
    List<Corpus.Source> sources =
        IntStream.range(0, 40)
            .mapToObj(i -> Corpus.Source.of("text-" + i, TEXT.repeat(4) + i, "test"))
            .toList();
    try (Ingest ingest = new Ingest(settings, new Setup(settings).dataset())) {
      ingest.feed(Sources.of(sources), Pace.UNLIMITED, (source, bad) -> {}, () -> false);
      ingest.finish(true, (source, reason) -> {});
    }
  }

  @Test
  void whatIsDeletedIsGoneAndItsNamesBeginAnew(TestStack shared) throws Exception {
    stack = shared;
    data = new DataFolder(folder.resolve("data"));
    Settings first = settings("32", "1");
    try (StreamInstance stream = streaming(first, "first")) {
      ingest(first);
      assertThat(stream.awaitPacked(PATIENCE)).isTrue();
      Told trained = told(first, "train --until-step 2");
      assertThat(trained.code()).as(trained.errors()).isZero();
      refuseOtherTrainers(first);

      told(first, "delete --dataset d --yes").isOneLine(2, "dataset", "d", "[r]");
      Set<String> before = left();
      told(first, "delete --run r --yes").isOneLine(1, "delete-r-epoch-0", "end every");
      assertThat(left()).as("in use: nothing is deleted").isEqualTo(before);
    }
    deleteAll(first);

    Settings second = settings("16", "2");
    try (StreamInstance stream = streaming(second, "second")) {
      ingest(second);
      assertThat(stream.awaitPacked(PATIENCE)).isTrue();
      Told trained = told(second, "train --until-step 3");
      assertThat(trained.code()).as(trained.errors()).isZero();
      assertThat(trained.output()).contains("ended at step 3").contains("0 redone");
      assertThat(stream.failure()).isEmpty();
    }
  }

  private void refuseOtherTrainers(Settings settings) throws Exception {
    told(settings, "train --until-step 3 --set model.hidden=32")
        .isOneLine(2, "model.hidden", "32", "16");
    FileLock lock = DataFolder.lock("the checkpoints", data.checkpoints("r"));
    told(settings, "train --until-step 3")
        .isOneLine(2, data.checkpoints("r").toString(), "in use by another");
    lock.acquiredBy().close();
  }

  private void deleteAll(Settings settings) throws Exception {
    Set<String> before = left();
    Told shown = told(settings, "delete --run r");
    assertThat(shown.code()).as(shown.errors()).isZero();
    assertThat(shown.output())
        .contains("would delete run r", "delete.r.ledger", "delete-r-epoch-0", "--yes does it");
    assertThat(left()).as("without a yes").isEqualTo(before);
    assertThat(data.checkpoints("r")).exists();

    Told run = told(settings, "delete --run r --yes");
    assertThat(run.code()).as(run.errors()).isZero();
    assertThat(Files.exists(data.checkpoints("r"))).as("checkpoints").isFalse();
    Told dataset = told(settings, "delete --dataset d --yes");
    assertThat(dataset.code()).as(dataset.errors()).isZero();
    Await.until("nothing of them is left", PATIENCE, () -> left().isEmpty());
    told(settings, "delete --run r").isOneLine(2, "run r");
  }
}
