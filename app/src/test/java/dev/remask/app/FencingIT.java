package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.MaskingPolicy;
import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.Books;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.PlanEvent;
import dev.remask.schemas.PlanKey;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.Replication;
import dev.remask.schemas.Segment;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.TokenWidth;
import dev.remask.schemas.Topic;
import dev.remask.topology.MaskingPolicies;
import dev.remask.topology.Planner;
import dev.remask.topology.StreamInstance;
import dev.remask.topology.StreamSettings;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.Until;
import dev.remask.trainer.log.LedgerReader;
import dev.remask.trainer.log.RunSummary;
import dev.remask.trainer.log.TrainingRun;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two of those of which there may be one, on a real broker. Proves that of two planners of a run
 * that work at the same time each epoch has one winner and the loser has planned nothing; that a
 * run's declaration stands; that a second trainer ends the first with one clear exception, and that
 * the ledger of both together holds every example exactly once.
 */
@Timeout(90)
@ExtendWith(TestStack.Shared.class)
class FencingIT {
  private static final List<String> TEXTS =
      List.of("The cat sat on the mat. The dog sat on the cat.", "A cat, a mat, a dog. And a cat.");
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.006Z");

  private static final String TAKEN_OVER = "another planner of run demo has taken over";

  private static TestStack stack;

  @BeforeAll
  static void use(TestStack shared) {
    stack = shared;
  }

  private static Planner planner(Settings settings) {
    return new Planner(settings.clients(), settings.topics(), settings.text("run.name"));
  }

  /** As many in each partition as its number says, plus one. */
  private static void writeSegments(Settings settings, Dataset dataset) throws Exception {
    Topic<Segment> topic = settings.topics().segments(dataset.getName(), dataset.getPartitions());
    try (KafkaProducer<byte[], Segment> producer =
        new KafkaProducer<>(
            ClientConfigs.producer(settings.clients()),
            new ByteArraySerializer(),
            AvroSerdes.of(Segment.class, settings.clients()).serializer())) {
      for (int partition = 0; partition < dataset.getPartitions(); partition++) {
        for (long sequence = 0; sequence <= partition; sequence++) {
          Segment segment =
              Segment.newBuilder()
                  .setPartition(partition)
                  .setSequence(sequence)
                  .setWidth(TokenWidth.U16_LE)
                  .setTokens(ByteBuffer.allocate(0))
                  .setDocuments(List.of())
                  .setBooks(Books.newBuilder().build())
                  .build();
          byte[] key = new SequenceKey(partition, sequence).encode();
          producer.send(new ProducerRecord<>(topic.name(), partition, key, segment)).get();
        }
      }
    }
  }

  /** How often each epoch of the topic was planned. */
  private static Map<Integer, Integer> planned(Settings settings) {
    Map<Integer, Integer> plans = new TreeMap<>();
    LogReader.readAll(
        settings.clients(),
        settings.topics().plans(),
        record -> {
          PlanEvent event = record.value();
          if (event.getEvent() instanceof EpochPlan) {
            plans.merge(event.getEpoch(), 1, Integer::sum);
          }
        });
    return plans;
  }

  @Test
  void theOlderPlannerIsFencedAndHasPlannedNothing() throws Exception {
    Settings settings = stack.settings("older.", "vocabulary.size=300");
    Dataset dataset = TestStack.declare(settings, TEXTS);
    writeSegments(settings, dataset);
    try (Planner older = planner(settings);
        Planner newer = planner(settings)) {
      assertThatThrownBy(() -> older.plan(dataset, 1, settings.integer("order.window"), NOW))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(TAKEN_OVER);
      List<PlannedEpoch> epochs = newer.plan(dataset, 2, settings.integer("order.window"), NOW);
      assertThat(epochs).extracting(PlannedEpoch::epoch).containsExactly(1, 2);
      assertThat(epochs)
          .allSatisfy(epoch -> assertThat(epoch.plan().getEnds()).containsExactly(1L, 2L, 3L, 4L));
    }
    assertThat(planned(settings)).isEqualTo(Map.of(0, 1, 1, 1, 2, 1));
  }

  /** Each round opens two planners and plans with both, as near to the same moment as can be. */
  @Test
  void ofTwoPlannersAtOnceNeverBothWin() throws Exception {
    Settings settings = stack.settings("race.", "vocabulary.size=300");
    Dataset dataset = TestStack.declare(settings, TEXTS);
    writeSegments(settings, dataset);
    int rounds = 6;
    List<PlannedEpoch> won = new ArrayList<>();
    int fenced = 0;
    CyclicBarrier together = new CyclicBarrier(2);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      for (int round = 0; round < rounds; round++) {
        boolean openTogether = round % 2 == 0;
        List<Future<List<PlannedEpoch>>> both = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
          both.add(
              threads.submit(
                  () -> {
                    together.await();
                    try (Planner planner = planner(settings)) {
                      if (!openTogether) {
                        together.await();
                      }
                      return planner.plan(dataset, 2, settings.integer("order.window"), NOW);
                    } catch (IllegalStateException e) {
                      assertThat(e).hasMessageContaining(TAKEN_OVER);
                      return List.of();
                    }
                  }));
        }
        for (Future<List<PlannedEpoch>> one : both) {
          List<PlannedEpoch> epochs = one.get();
          won.addAll(epochs);
          fenced += epochs.isEmpty() ? 1 : 0;
        }
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(fenced).as("rounds that had a loser").isBetween(1, rounds);
    Map<Integer, Integer> planned = planned(settings);
    assertThat(planned.remove(0)).isEqualTo(1);
    assertThat(planned.values()).as("each epoch was planned once").containsOnly(1);
    assertThat(won)
        .extracting(PlannedEpoch::epoch)
        .as("what was planned is what the winners say they planned")
        .containsExactlyInAnyOrderElementsOf(planned.keySet());
  }

  @Test
  void theDeclarationOfARunStands() throws Exception {
    Settings settings = stack.settings("declared.", "vocabulary.size=300");
    Dataset dataset = TestStack.declare(settings, TEXTS);
    var policy = MaskingPolicies.encode(settings.masking());
    var other =
        MaskingPolicies.encode(
            new MaskingPolicy(
                MaskingPolicy.Kind.STATIC,
                10,
                MaskingPolicy.Selection.EXACT,
                0.15,
                0.8,
                0.1,
                false,
                false));
    try (Planner planner = planner(settings)) {
      EpochPlan declared =
          planner.declare(dataset.getName(), 1, policy, settings.integer("order.window"), NOW);
      assertThat(declared.getSeed()).isEqualTo(1);
      assertThat(declared.getPlannedAt()).as("the first one's").isNotEqualTo(NOW);
      assertThatThrownBy(
              () -> planner.declare("other", 1, policy, settings.integer("order.window"), NOW))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("dataset.name")
          .hasMessageContaining("other")
          .hasMessageContaining(dataset.getName());
      assertThatThrownBy(
              () ->
                  planner.declare(
                      dataset.getName(), 2, policy, settings.integer("order.window"), NOW))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("run.seed");
      assertThatThrownBy(
              () ->
                  planner.declare(
                      dataset.getName(), 1, other, settings.integer("order.window"), NOW))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("masking");
      assertThatThrownBy(() -> planner.plan(dataset, 1, settings.integer("order.window"), NOW))
          .as("nothing to replay yet")
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("segments");
    }
    assertThat(planned(settings)).isEqualTo(Map.of(0, 1));
  }

  /** By settings that differ, and by a record that somebody else has written in between. */
  @Test
  void aConflictingPlanIsRefused() throws Exception {
    Settings settings = stack.settings("conflict.", "vocabulary.size=300");
    Dataset dataset = TestStack.declare(settings, TEXTS);
    writeSegments(settings, dataset);
    int window = settings.integer("order.window");
    try (Planner planner = planner(settings)) {
      assertThatThrownBy(() -> planner.plan(dataset, 1, window + 1, NOW))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("order.window")
          .hasMessageContaining("must be " + window);
      Dataset other = Dataset.newBuilder(dataset).setName("other").build();
      assertThatThrownBy(() -> planner.plan(other, 1, window, NOW))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("dataset.name")
          .hasMessageContaining("must be " + dataset.getName());
      assertThat(planned(settings)).as("nothing was planned").isEqualTo(Map.of(0, 1));

      EpochPlan rogue =
          EpochPlan.newBuilder(new RunPlan(settings).epochs().get(0).plan())
              .setEnds(List.of(1L, 1L, 1L, 1L))
              .build();
      write(settings, new PlanEvent(settings.text("run.name"), 1, rogue));
      assertThatThrownBy(() -> planner.plan(dataset, 1, window, NOW))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("planned by another");
    }
    assertThat(new RunPlan(settings).epochs().get(1).plan().getEnds())
        .as("the first one counts")
        .containsExactly(1L, 1L, 1L, 1L);
  }

  private static void write(Settings settings, PlanEvent event) throws Exception {
    try (KafkaProducer<byte[], PlanEvent> producer =
        new KafkaProducer<>(
            ClientConfigs.producer(settings.clients()),
            new ByteArraySerializer(),
            AvroSerdes.of(PlanEvent.class, settings.clients()).serializer())) {
      producer
          .send(
              new ProducerRecord<>(
                  settings.topics().plans().name(), PlanKey.of(event).encode(), event))
          .get();
    }
  }

  @Test
  void anUnknownRunIsRefused(@TempDir Path folder) throws Exception {
    Settings settings = stack.settings("unknown.", "vocabulary.size=300");
    Dataset dataset = TestStack.declare(settings, TEXTS);
    writeSegments(settings, dataset);
    Settings unknown = stack.settings("unknown.", "vocabulary.size=300", "run.name=nobody");
    try (Planner planner = planner(unknown)) {
      assertThatThrownBy(() -> planner.plan(dataset, 1, settings.integer("order.window"), NOW))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("run.name")
          .hasMessageContaining("nobody");
    }
    assertThatThrownBy(() -> instance(unknown, dataset, folder))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("run.name")
        .hasMessageContaining("nobody");
    assertThat(planned(settings)).isEqualTo(Map.of(0, 1));
  }

  private static StreamInstance instance(Settings settings, Dataset dataset, Path folder) {
    return new StreamInstance(
        new StreamSettings(
            settings.clients(),
            settings.topics(),
            folder.resolve("streams"),
            1,
            100,
            50_000,
            Replication.ONE,
            Duration.ofMinutes(5)),
        dataset,
        settings.text("run.name"),
        Clock.systemUTC(),
        line -> {});
  }

  /** Two trainers on two machines: each has its own folder of checkpoints. */
  @Test
  void aSecondTrainerEndsTheFirst(@TempDir Path folder) throws Exception {
    Settings settings =
        stack.settings(
            "trainers.",
            "dataset.name=trainers",
            "run.name=trainers",
            "vocabulary.size=600",
            "model.layers=1",
            "model.hidden=16",
            "model.feedforward=32",
            "batch.size=8",
            "batch.micro.size=4",
            "order.window=32");
    List<Corpus.Source> sources = Corpus.demo(Program.HOME.resolve("corpora")).subList(0, 12);
    List<String> texts = sources.stream().map(s -> Ingest.text(s, 1_000_000)).toList();
    Dataset dataset = TestStack.declare(settings, texts);
    RunPlan plan = new RunPlan(settings);

    try (StreamInstance stream = instance(settings, dataset, folder);
        Ingest ingest = new Ingest(settings, dataset)) {
      stream.start();
      ingest.feed(Sources.of(sources), Pace.UNLIMITED, (source, reason) -> {}, () -> false);
      ingest.finish(true, (source, reason) -> {});
      assertThat(stream.awaitPacked(Duration.ofSeconds(30))).isTrue();
      plan.planUpTo(dataset, 1);

      CountDownLatch begun = new CountDownLatch(3);
      CountDownLatch goOn = new CountDownLatch(1);
      TrainingRun first =
          new Trainers(settings)
              .run(
                  dataset,
                  folder.resolve("first"),
                  step -> {
                    begun.countDown();
                    if (begun.getCount() == 0) {
                      await(goOn);
                    }
                  });
      TrainingRun second = new Trainers(settings).run(dataset, folder.resolve("second"), s -> {});
      try (Background<RunSummary> older =
          new Background<>("first trainer", ended -> first.train(Until.epoch(1), ended))) {
        older.start();
        begun.await();
        RunSummary taken = second.redo(Until.step(6), () -> false);
        assertThat(taken.training().position().step()).isEqualTo(6);
        goOn.countDown();
        assertThatThrownBy(older::result)
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("another trainer of this run has taken over")
            .hasMessageContaining("trainers.trainers.ledger");
      }
      assertThat(Checkpoints.newest(folder.resolve("first")))
          .as("no checkpoint of what was not kept")
          .hasValueSatisfying(checkpoint -> assertThat(checkpoint.position().step()).isZero());
      RunSummary rest = second.train(Until.epoch(1), () -> false);
      assertThat(rest.examplesVerified()).isEqualTo(rest.training().examples());
    }
    long[] segments =
        LogReader.endSequences(
            settings.clients(),
            settings.topics().segments(dataset.getName(), dataset.getPartitions()));
    LearnedOnce.check(
        LedgerReader.after(settings.clients(), settings.topics(), settings.text("run.name"), 0),
        plan.epochs().values(),
        segments);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
