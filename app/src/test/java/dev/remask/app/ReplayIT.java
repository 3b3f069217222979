package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.app.Corpus.Source;
import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.Replication;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.TokenIds;
import dev.remask.schemas.TokenWidth;
import dev.remask.schemas.Topic;
import dev.remask.schemas.Topics;
import dev.remask.topology.MaskerProgress;
import dev.remask.topology.StreamInstance;
import dev.remask.topology.StreamSettings;
import dev.remask.trainer.Until;
import dev.remask.trainer.log.LedgerReader;
import dev.remask.trainer.log.RunSummary;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Replays on a real broker. Proves that an epoch whose group is reset with Kafka's own tool makes
 * byte for byte the same examples again, and that the trainer learns each once all the same; that
 * two epochs agree in as many positions as independent draws do; that whole words reach masker and
 * trainer alike; and that status knows how far an epoch is when its examples are purged or its
 * group is reset.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(180)
@ExtendWith(TestStack.Shared.class)
class ReplayIT {
  /** Many short segments, so that a masker can be stopped before it is through. */
  private static final String[] SETTINGS = {
    "dataset.name=replays",
    "vocabulary.size=600",
    "segment.length=16",
    "heldout.permille=0",
    "model.layers=1",
    "model.hidden=16",
    "model.feedforward=32",
    "batch.size=1024",
    "batch.micro.size=256",
    "order.window=1024"
  };

  private static final int REPLAYS = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** The normal distribution's quantile at 1 - 5e-7: the chance of a false alarm is 1e-6. */
  private static final double TWO_SIDED = 4.8916;

  private TestStack stack;
  private Path folder;
  private Dataset dataset;
  private long[] segments;

  private record Example(int epoch, long sequence, Bytes bytes) {}

  @BeforeAll
  void pack(TestStack shared, @TempDir Path temporary) throws Exception {
    stack = shared;
    folder = temporary;
    Settings settings = settings("run.name=packing");
    List<Source> sources = Corpus.demo(Program.HOME.resolve("corpora")).subList(0, 600);
    List<String> texts =
        sources.stream().limit(100).map(source -> Ingest.text(source, 1_000_000)).toList();
    dataset = TestStack.declare(settings, texts);
    try (StreamInstance stream = instance(settings, "packing");
        Ingest ingest = new Ingest(settings, dataset)) {
      stream.start();
      ingest.feed(Sources.of(sources), Pace.UNLIMITED, (source, reason) -> {}, () -> false);
      ingest.finish(true, (source, reason) -> {});
      assertThat(stream.awaitPacked(PATIENCE)).isTrue();
    }
    segments =
        LogReader.endSequences(
            settings.clients(), settings.topics().segments(dataset.getName(), partitions()));
  }

  @Test
  void aResetEpochIsMadeAgainByteForByte() throws Exception {
    Settings settings = settings("run.name=reset");
    Topics topics = settings.topics();
    TestStack.declare(settings, List.of("The vocabulary is there."));
    RunPlan plan = new RunPlan(settings);
    plan.planUpTo(dataset, REPLAYS);

    int epoch = interrupt(settings);
    List<List<Example>> before = examples(settings);
    long[] there =
        before.stream()
            .mapToLong(list -> list.stream().filter(e -> e.epoch == epoch).count())
            .toArray();
    assertThat(reached(settings, epoch)).containsExactly(there);

    reset(settings, topics.maskerId("reset", epoch), topics.segments("replays", partitions()));
    assertThat(reached(settings, epoch)).as("a reset takes nothing back").containsExactly(there);
    try (StreamInstance stream = instance(settings, "again")) {
      stream.start();
      Await.until("all is masked", PATIENCE, () -> plan.epochs().get(REPLAYS).done());
      long all = REPLAYS * Arrays.stream(segments).sum() + Arrays.stream(there).sum();
      Await.until("all is visible", PATIENCE, () -> size(examples(settings)) >= all);
      List<List<Example>> after = examples(settings);
      assertThat(repeats(after)).isEqualTo(Arrays.stream(there).sum());
      assertThat(distinct(after).difference(reference(settings, 1, 2, 3))).isEmpty();
      requireIndependent(after, 1, 2);
      requireIndependent(after, 2, 3);
      assertThatThrownBy(() -> requireIndependent(after, 2, 2)).isInstanceOf(AssertionError.class);
      learn(settings, plan, Arrays.stream(there).sum());
    }
    everythingIsPurged(settings);
  }

  @Test
  void wholeWordsReachMaskerAndTrainer() throws Exception {
    Settings settings = settings("run.name=words", "masking.whole-word=true");
    TestStack.declare(settings, List.of("The vocabulary is there."));
    Topic<MaskedExample> live = settings.topics().live("words", partitions());
    StreamRows masked;
    try (StreamInstance stream = instance(settings, "words")) {
      stream.start();
      Await.until(
          "the live lane is whole", PATIENCE, () -> Arrays.equals(reached(settings, 0), segments));
      // Before the trainer purges what it has learned.
      masked = StreamRows.examples(settings.clients(), live, IsolationLevel.READ_COMMITTED);
      RunSummary summary =
          new Trainers(settings)
              .run(dataset, folder.resolve("words-checkpoints"), step -> {})
              .train(Until.step(5), () -> false);
      assertThat(summary.training().steps()).isEqualTo(5);
      assertThat(summary.examplesVerified()).isEqualTo(summary.training().examples()).isPositive();
    }
    assertThat(masked.difference(reference(settings, 0))).isEmpty();
    assertThat(masked.difference(reference(settings("run.name=words"), 0)))
        .as("single tokens are masked otherwise")
        .isPresent();
  }

  /**
   * As after a kill between two commits: the group stands behind the last segment, before the
   * marker of its transaction. Whoever takes over reads no record and so commits no offset.
   */
  @Test
  void anEpochOfWhichOnlyMarkersAreLeftIsDone() throws Exception {
    Settings settings = settings("run.name=markers");
    TestStack.declare(settings, List.of("The vocabulary is there."));
    RunPlan plan = new RunPlan(settings);
    plan.planUpTo(dataset, 1);
    String group = settings.topics().maskerId("markers", 1);
    try (Admin admin = Admin.create(settings.clients())) {
      admin.alterConsumerGroupOffsets(group, beforeTheLastMarkers(admin)).all().get();
    }
    try (StreamInstance stream = instance(settings, "markers")) {
      stream.start();
      Await.until("the epoch is done", PATIENCE, () -> plan.epochs().get(1).done());
    }
  }

  private Map<TopicPartition, OffsetAndMetadata> beforeTheLastMarkers(Admin admin)
      throws Exception {
    String topic = settings().topics().segments("replays", partitions()).name();
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (int p = 0; p < partitions(); p++) {
      TopicPartition partition = new TopicPartition(topic, p);
      long end =
          admin
              .listOffsets(Map.of(partition, OffsetSpec.latest()))
              .partitionResult(partition)
              .get()
              .offset();
      offsets.put(partition, new OffsetAndMetadata(end - 1));
    }
    return offsets;
  }

  private Settings settings(String... more) {
    return stack.settings("replay.", Program.join(SETTINGS, more));
  }

  private int partitions() {
    return dataset.getPartitions();
  }

  private StreamInstance instance(Settings settings, String name) {
    return new StreamInstance(
        new StreamSettings(
            settings.clients(),
            settings.topics(),
            folder.resolve(name),
            1,
            100,
            1_000_000,
            Replication.ONE,
            Duration.ofMinutes(5)),
        dataset,
        settings.text("run.name"),
        Clock.systemUTC(),
        line -> {});
  }

  /** Stops the masker of a replay in the middle; one that was through before is passed over. */
  private int interrupt(Settings settings) throws Exception {
    for (int epoch = 1; epoch <= REPLAYS; epoch++) {
      int next = epoch;
      try (StreamInstance stream = instance(settings, "interrupted")) {
        stream.start();
        Await.until(
            "some of epoch " + next + " is masked",
            PATIENCE,
            () -> Arrays.stream(reached(settings, next)).sum() > 0);
      }
      PlannedEpoch planned = new RunPlan(settings).epochs().get(epoch);
      long masked = Arrays.stream(reached(settings, epoch)).sum();
      if (!planned.done() && masked < planned.examples().orElseThrow()) {
        return epoch;
      }
    }
    throw new AssertionError("every epoch was through before it could be stopped");
  }

  private long[] reached(Settings settings, int epoch) {
    return MaskerProgress.reached(
        settings.clients(),
        settings.topics(),
        new RunPlan(settings).epochs().get(epoch),
        partitions());
  }

  /** As {@code kafka-consumer-groups.sh} does. */
  private void reset(Settings settings, String group, Topic<?> topic) throws Exception {
    Process tool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
                "--bootstrap-server",
                settings.clients().get("bootstrap.servers").toString(),
                "--group",
                group,
                "--topic",
                topic.name(),
                "--reset-offsets",
                "--to-earliest",
                "--execute")
            .redirectErrorStream(true)
            .start();
    String output = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(tool.waitFor(60, TimeUnit.SECONDS)).as(output).isTrue();
    assertThat(tool.exitValue()).as(output).isZero();
    assertThat(output).contains(group).doesNotContain("Error");
    try (Admin admin = Admin.create(ClientConfigs.admin(settings.clients()))) {
      var offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
      assertThat(offsets).hasSize(partitions());
      assertThat(offsets.values()).allMatch(offset -> offset.offset() == 0);
    }
  }

  /** All that is committed, as it is in the log, per partition. */
  private List<List<Example>> examples(Settings settings) {
    Topic<MaskedExample> topic =
        settings.topics().examples(settings.text("run.name"), partitions());
    Deserializer<MaskedExample> values =
        AvroSerdes.of(MaskedExample.class, settings.clients()).deserializer();
    return StreamRows.read(
        settings.clients(),
        topic.name(),
        topic.partitions(),
        IsolationLevel.READ_COMMITTED,
        record -> {
          MaskedExample example = values.deserialize(topic.name(), record.value());
          return new Example(example.getEpoch(), example.getSequence(), Bytes.wrap(record.value()));
        });
  }

  private static int size(List<List<Example>> examples) {
    return examples.stream().mapToInt(List::size).sum();
  }

  /** How many come again, each of which must have the bytes that it had. */
  private static long repeats(List<List<Example>> examples) {
    long repeats = 0;
    for (List<Example> partition : examples) {
      Map<List<Long>, Bytes> first = new HashMap<>();
      for (Example example : partition) {
        List<Long> place = List.of((long) example.epoch, example.sequence);
        Bytes earlier = first.putIfAbsent(place, example.bytes);
        if (earlier != null) {
          assertThat(example.bytes).as("%s", place).isEqualTo(earlier);
          repeats++;
        }
      }
    }
    return repeats;
  }

  /** What is left when what comes again is dropped. */
  private StreamRows distinct(List<List<Example>> examples) {
    Deserializer<MaskedExample> values =
        AvroSerdes.of(MaskedExample.class, stack.clients()).deserializer();
    List<List<String>> rows = new ArrayList<>();
    for (int p = 0; p < partitions(); p++) {
      Set<List<Long>> seen = new HashSet<>();
      List<String> distinct = new ArrayList<>();
      for (Example example : examples.get(p)) {
        if (seen.add(List.of((long) example.epoch, example.sequence))) {
          distinct.add(
              StreamRows.example(
                  new SequenceKey(p, example.sequence),
                  values.deserialize("", example.bytes.get())));
        }
      }
      rows.add(distinct);
    }
    return new StreamRows(rows);
  }

  private StreamRows reference(Settings settings, int... epochs) {
    return StreamReference.of(settings.clients(), dataset)
        .examples(settings.whole("run.seed"), settings.masking(), segments, epochs);
  }

  /**
   * Positions selected in both epochs, of k and l selected of n: the mean and the variance are
   * those of the hypergeometric distribution, summed over the segments.
   */
  private void requireIndependent(List<List<Example>> examples, int epoch, int other) {
    Deserializer<MaskedExample> values =
        AvroSerdes.of(MaskedExample.class, stack.clients()).deserializer();
    double sum = 0;
    double mean = 0;
    double variance = 0;
    for (List<Example> partition : examples) {
      Map<List<Long>, MaskedExample> all = new HashMap<>();
      partition.forEach(
          e -> all.put(List.of((long) e.epoch, e.sequence), values.deserialize("", e.bytes.get())));
      for (long s = 0; all.containsKey(List.of((long) epoch, s)); s++) {
        int[] one = positions(all.get(List.of((long) epoch, s)));
        int[] two = positions(all.get(List.of((long) other, s)));
        double n = candidates(all.get(List.of((long) epoch, s)));
        sum += IntStream.of(one).filter(i -> Arrays.binarySearch(two, i) >= 0).count();
        mean += one.length * two.length / n;
        variance +=
            n > 1
                ? one.length * two.length * (n - one.length) * (n - two.length) / (n * n * (n - 1))
                : 0;
      }
    }
    assertThat(mean).isGreaterThan(1_000);
    assertThat(Math.abs(sum - mean) / Math.sqrt(variance))
        .as("|z| of %s positions selected twice, expected %s", sum, mean)
        .isLessThan(TWO_SIDED);
  }

  private static int[] positions(MaskedExample example) {
    return TokenIds.decode(example.getPositions(), TokenWidth.U16_LE);
  }

  /** Special tokens are never selected, so they are still there. */
  private static long candidates(MaskedExample example) {
    return IntStream.of(TokenIds.decode(example.getInputs(), example.getWidth()))
        .filter(id -> id > 3)
        .count();
  }

  private void learn(Settings settings, RunPlan plan, long repeats) throws Exception {
    RunSummary summary =
        new Trainers(settings)
            .run(dataset, folder.resolve("checkpoints"), step -> {})
            .train(Until.epoch(REPLAYS), () -> false);
    assertThat(summary.repeats()).as("came again and were dropped").isEqualTo(repeats);
    assertThat(summary.examplesVerified()).isEqualTo(summary.training().examples());
    LearnedOnce.check(
        LedgerReader.after(settings.clients(), settings.topics(), "reset", 0),
        plan.epochs().values(),
        segments);
  }

  /** What the log of examples no longer tells. */
  private void everythingIsPurged(Settings settings) throws Exception {
    Topic<MaskedExample> live = settings.topics().live("reset", partitions());
    Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
    for (int p = 0; p < partitions(); p++) {
      all.put(new TopicPartition(live.name(), p), RecordsToDelete.beforeOffset(-1));
    }
    try (Admin admin = Admin.create(ClientConfigs.admin(settings.clients()))) {
      admin.deleteRecords(all).all().get();
    }
    PlannedEpoch lane = new RunPlan(settings).epochs().get(0);
    assertThat(MaskerProgress.masked(settings.clients(), settings.topics(), lane, partitions()))
        .containsOnly(0);
    assertThat(reached(settings, 0)).containsExactly(segments);
  }
}
