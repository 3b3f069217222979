package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.Topics;
import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.log.LedgerReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Forty epochs planned at once, far more than the masker may be ahead: it waits for the trainer
 * instead of writing them all, and what is learned is purged. Samples how much disk the examples
 * take and how far the masker is ahead, until the trainer has learned everything once.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(1_200)
class DiskChaos {
  private static final int EPOCHS = 40;
  private static final long[] ENDS = {5_000, 4_500, 5_500, 5_000};
  private static final String RUN = "disk";
  private static final int MARK = 5_000;
  private static final Duration PATIENCE = Duration.ofMinutes(15);

  /** Of the topic of examples: a purge frees whole log segments. */
  private static final long LOG_SEGMENT_BYTES = 16 << 20;

  private static final Duration SAMPLE = Duration.ofMillis(250);

  private static final Map<String, String> SETTINGS =
      Map.ofEntries(
          Map.entry("dataset.name", RUN),
          Map.entry("run.name", RUN),
          Map.entry("vocabulary.size", "1000"),
          Map.entry("heldout.permille", "0"),
          Map.entry("model.layers", "1"),
          Map.entry("model.hidden", "16"),
          Map.entry("model.feedforward", "32"),
          Map.entry("batch.size", "1024"),
          Map.entry("batch.micro.size", "256"),
          Map.entry("order.window", "1024"),
          Map.entry("checkpoint.every.steps", "20"),
          Map.entry("examples.ahead.max", Integer.toString(MARK)));

  private Cast cast;
  private Topics topics;
  private Admin admin;

  @BeforeAll
  void start(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder) throws Exception {
    Path text = Files.createDirectory(folder.resolve("text"));
    for (Corpus.Source source : Corpus.demo(Program.HOME.resolve("corpora")).subList(0, 60)) {
      Files.writeString(text.resolve(source.id() + ".txt"), Ingest.text(source, 1_000_000));
    }
    cast = new Cast(folder, text, SETTINGS);
    topics = cast.settings().topics();
    cast.startUp();
    cast.vocab().run(PATIENCE);
    cast.dataset().run(PATIENCE);
    Dataset dataset = Datasets.find(clients(), topics, RUN).orElseThrow();
    new RandomSegments(dataset.getVocabularySize(), dataset.getSegmentLength(), ENDS)
        .write(clients(), topics.segments(RUN, ENDS.length));
    admin = Admin.create(ClientConfigs.admin(clients()));
    cast.one().start();
    cast.one().program().awaitOutput("  dataset ", PATIENCE); // It declares the run.
    new RunPlan(cast.settings()).planUpTo(dataset, EPOCHS);
  }

  @AfterAll
  void stop() throws Exception {
    for (AutoCloseable closeable : new AutoCloseable[] {cast, admin}) {
      if (closeable != null) {
        closeable.close();
      }
    }
  }

  @Test
  void diskStaysBounded() throws Exception {
    long segments = Arrays.stream(ENDS).sum();
    Await.until("the masker waits", PATIENCE, () -> ahead() > MARK && ahead() == laterAhead());
    double bytesEach = (double) bytes() / sum(logEnds());
    cast.train().start();
    long peakBytes = 0;
    long peakAhead = 0;
    long learned = 0;
    while (learned < EPOCHS) {
      cast.one().requireAlive();
      cast.train().requireAlive();
      peakBytes = Math.max(peakBytes, bytes());
      peakAhead = Math.max(peakAhead, ahead());
      Thread.sleep(SAMPLE.toMillis());
      learned = epochsLearned(segments);
    }
    LearnedOnce.check(ledger(), new RunPlan(cast.settings()).epochs().values(), ENDS);
    long all = EPOCHS * segments;
    double bytesOfAll = all * bytesEach;
    System.out.printf(
        Locale.ROOT,
        "chaos: disk epochs=%d examples=%d written_mib=%.0f peak_mib=%.0f ahead_max=%d peak_ahead=%d%n",
        EPOCHS,
        all,
        bytesOfAll / (1 << 20),
        (double) peakBytes / (1 << 20),
        MARK,
        peakAhead);
    assertThat(sum(logEnds())).as("written").isGreaterThanOrEqualTo(all);
    // By offsets, of which markers take some too.
    assertThat(peakAhead).as("ahead of the trainer, in one partition").isLessThan(3L * MARK);
    assertThat(peakBytes)
        .isLessThan((long) (bytesOfAll / 2))
        .isLessThan(2 * ENDS.length * LOG_SEGMENT_BYTES);
  }

  private long laterAhead() throws Exception {
    Thread.sleep(1_000);
    return ahead();
  }

  private static long sum(Map<TopicPartition, Long> ends) {
    return ends.values().stream().mapToLong(end -> end).sum();
  }

  /** On disk, of the replays' examples. */
  private long bytes() throws Exception {
    int broker = admin.describeCluster().nodes().get().iterator().next().id();
    return admin
        .describeLogDirs(List.of(broker))
        .allDescriptions()
        .get()
        .get(broker)
        .values()
        .stream()
        .flatMap(folder -> folder.replicaInfos().entrySet().stream())
        .filter(replica -> replica.getKey().topic().equals(examples()))
        .mapToLong(replica -> replica.getValue().size())
        .sum();
  }

  /** The partition in which the masker is furthest ahead of the trainer, in offsets. */
  private long ahead() throws Exception {
    Map<TopicPartition, Long> learned;
    try {
      learned =
          admin
              .listConsumerGroupOffsets(topics.trainerId(RUN))
              .partitionsToOffsetAndMetadata()
              .get()
              .entrySet()
              .stream()
              .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().offset()));
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof GroupIdNotFoundException)) {
        throw e;
      }
      learned = Map.of();
    }
    long most = 0;
    for (Map.Entry<TopicPartition, Long> end : logEnds().entrySet()) {
      most = Math.max(most, end.getValue() - learned.getOrDefault(end.getKey(), 0L));
    }
    return most;
  }

  private Map<TopicPartition, Long> logEnds() throws Exception {
    return offsets(OffsetSpec.latest());
  }

  private Map<TopicPartition, Long> offsets(OffsetSpec spec) throws Exception {
    Map<TopicPartition, OffsetSpec> query =
        IntStream.range(0, ENDS.length)
            .mapToObj(p -> new TopicPartition(examples(), p))
            .collect(Collectors.toMap(p -> p, p -> spec));
    return admin.listOffsets(query).all().get().entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().offset()));
  }

  /** Whole ones. */
  private long epochsLearned(long segments) {
    List<TrainingStep> ledger = ledger();
    if (ledger.isEmpty()) {
      return 0;
    }
    TrainingStep last = ledger.get(ledger.size() - 1);
    boolean whole = last.getEpoch() > 0 && last.getOrderEnd() == segments;
    return whole ? last.getEpoch() : Math.max(0, last.getEpoch() - 1);
  }

  private List<TrainingStep> ledger() {
    return LedgerReader.after(clients(), topics, RUN, 0);
  }

  private String examples() {
    return topics.examples(RUN, ENDS.length).name();
  }

  private Map<String, Object> clients() {
    return cast.settings().clients();
  }
}
