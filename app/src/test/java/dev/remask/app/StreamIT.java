package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.app.Corpus.Source;
import dev.remask.schemas.Books;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.PackerState;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.Segment;
import dev.remask.schemas.Topic;
import dev.remask.schemas.Topics;
import dev.remask.topology.MaskerProgress;
import dev.remask.topology.PackerProgress;
import dev.remask.topology.StreamInstance;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The streaming side on a real broker, killed with -9 in the middle of transactions: while it packs
 * and masks what arrives, shared by two instances, and in the middle of a replay. Proves that what
 * a committed reader finds is, record by record and in order, what a sequential program makes of
 * the documents topic, each epoch whole and exactly once (invariants 1, 3, 4, 5, 11).
 *
 * <p>That the kills did harm is seen too: an uncommitted reader finds the torn transactions, and
 * the same comparison refuses what it reads. It also refuses each single loss, repetition, exchange
 * and change.
 */
@Timeout(240)
@ExtendWith(TestStack.Shared.class)
class StreamIT {
  private static final int DOCUMENTS = 320;
  private static final int LATE_DOCUMENTS = 20;
  private static final int PARTITIONS = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static TestStack stack;
  private static final List<StreamChild> CHILDREN = new ArrayList<>();

  @TempDir private static Path folder;

  private Settings settings;
  private Topics topics;
  private Dataset dataset;
  private String run;
  private Admin admin;

  @BeforeAll
  static void use(TestStack shared) {
    stack = shared;
  }

  @AfterAll
  static void stop() throws Exception {
    StreamChild.killAll(CHILDREN);
  }

  @Test
  void nothingIsLostOrRepeatedWhateverIsKilled() throws Exception {
    List<Source> sources =
        Corpus.demo(Program.HOME.resolve("corpora")).subList(0, DOCUMENTS + LATE_DOCUMENTS);
    settings =
        stack.settings(
            "stream.",
            "dataset.name=stream",
            "run.name=stream",
            "vocabulary.size=1000",
            "heldout.permille=100",
            "document.chars.max=20000",
            "duplicate.window=40");
    topics = settings.topics();
    run = settings.text("run.name");
    dataset =
        TestStack.declare(settings, sources.stream().limit(100).map(MixedDocuments::text).toList());
    try (Admin client = Admin.create(ClientConfigs.admin(settings.clients()))) {
      admin = client;
      packAndKill(sources.subList(0, DOCUMENTS));
      long[] ends = StreamReference.of(settings.clients(), dataset).segments().sizes();
      new RunPlan(settings).planUpTo(dataset, 2);
      replayAndKill(sources.subList(DOCUMENTS, sources.size()));
      verify(ends);
    }
  }

  /** Two instances share the work; one is killed and replaced. */
  private void packAndKill(List<Source> sources) throws Exception {
    try (StreamInstance one = instance("one")) {
      one.start();
      StreamChild victim = child("victim");
      awaitShared("one", victim.name());
      try (Background<Void> feeding =
          new Background<>(
              "feed",
              ended -> {
                feed(sources, Duration.ofSeconds(6));
                return null;
              })) {
        feeding.start();
        Thread.sleep(2_000);
        killInTransaction(victim, topics.packerId(dataset.getName()), segments().name());
        assertThat(feeding.finished()).as("killed while documents came").isFalse();
        StreamChild replacement = child("replacement");
        Await.until("all is fed", PATIENCE, feeding::finished);
        feeding.result();
        assertThat(one.awaitPacked(PATIENCE)).isTrue();
        Await.until("the live lane is whole", PATIENCE, () -> isLiveLaneWhole());
        assertEndsWell(replacement);
      }
      assertThat(one.failure()).isEmpty();
    }
  }

  /** One instance is killed in the middle of the first replay; two others go on. */
  private void replayAndKill(List<Source> late) throws Exception {
    StreamChild victim = child("replay-victim");
    killInTransaction(victim, topics.maskerId(run, 1), topics.examples(run, PARTITIONS).name());
    StreamChild replacement = child("replay-replacement");
    try (StreamInstance two = instance("two")) {
      two.start();
      // Replays are bounded by what was there when they were planned; this comes later.
      feed(late, Duration.ofSeconds(1));
      Await.until("both replays are done", PATIENCE, () -> isDone(1) && isDone(2));
      assertThat(two.awaitPacked(PATIENCE)).isTrue();
      Await.until("the live lane is whole", PATIENCE, () -> isLiveLaneWhole());
      Set<String> replays = Set.of(topics.maskerId(run, 1), topics.maskerId(run, 2));
      Await.until(
          "no group of a done epoch is left", PATIENCE, () -> !containsAny(groups(), replays));
      assertThat(groups()).contains(topics.maskerId(run, 0), topics.packerId(dataset.getName()));
      assertEndsWell(replacement);
      assertThat(two.failure()).isEmpty();
    }
  }

  private void verify(long[] ends) {
    Map<String, Object> clients = settings.clients();
    Topic<MaskedExample> live = topics.live(run, PARTITIONS);
    Topic<MaskedExample> examples = topics.examples(run, PARTITIONS);
    StreamReference reference = StreamReference.of(clients, dataset);
    SortedMap<Integer, PlannedEpoch> epochs = new RunPlan(settings).epochs();
    assertThat(epochs.keySet()).containsExactly(0, 1, 2);
    for (int epoch = 1; epoch <= 2; epoch++) {
      assertThat(epochs.get(epoch).plan().getEnds())
          .containsExactlyElementsOf(Arrays.stream(ends).boxed().toList());
    }
    long seed = settings.whole("run.seed");
    StreamRows segments = reference.segments();
    assertThat(segments.size()).isGreaterThan(2000);
    assertThat(segments.sizes()).as("text came after the plan").isNotEqualTo(ends);
    StreamRows expectedLive = reference.examples(seed, settings.masking(), segments.sizes(), 0);
    StreamRows expectedExamples = reference.examples(seed, settings.masking(), ends, 1, 2);

    StreamRows committed = StreamRows.segments(clients, segments(), IsolationLevel.READ_COMMITTED);
    assertThat(committed.difference(segments)).isEmpty();
    Topic<Segment> heldOut = topics.heldOut(dataset.getName(), PARTITIONS);
    assertThat(reference.heldOut().size()).isPositive();
    assertThat(
            StreamRows.segments(clients, heldOut, IsolationLevel.READ_COMMITTED)
                .difference(reference.heldOut()))
        .isEmpty();
    assertThat(
            StreamRows.examples(clients, live, IsolationLevel.READ_COMMITTED)
                .difference(expectedLive))
        .isEmpty();
    assertThat(
            StreamRows.examples(clients, examples, IsolationLevel.READ_COMMITTED)
                .difference(expectedExamples))
        .isEmpty();
    verifyBooks(reference);

    assertTorn(StreamRows.segments(clients, segments(), IsolationLevel.READ_UNCOMMITTED), segments);
    assertTorn(
        StreamRows.examples(clients, examples, IsolationLevel.READ_UNCOMMITTED), expectedExamples);
    assertEveryMistakeIsFound(committed, segments);
  }

  private void verifyBooks(StreamReference reference) {
    SortedMap<Integer, PackerState> states =
        PackerProgress.states(settings.clients(), topics, dataset);
    assertThat(states.values().stream().map(PackerState::getBooks).toList())
        .isEqualTo(reference.books());
    for (Books books : reference.books()) {
      assertThat(books.getPacked()).isPositive();
      assertThat(
              books.getPacked()
                  + books.getPending()
                  + books.getHeldOut()
                  + books.getDuplicates()
                  + books.getTombstones()
                  + books.getDeadLetters())
          .isEqualTo(books.getDocuments());
    }
    assertThat(reference.books())
        .as("every kind of record came")
        .anyMatch(books -> books.getDuplicates() > 0)
        .anyMatch(books -> books.getTombstones() > 0)
        .anyMatch(books -> books.getDeadLetters() > 0);
    long letters =
        StreamRows.read(
                settings.clients(),
                topics.deadLetters(),
                1,
                IsolationLevel.READ_COMMITTED,
                record -> record)
            .get(0)
            .size();
    assertThat(letters).isEqualTo(reference.deadLetters());
  }

  /** The control: a kill left records behind, and who reads them is told apart. */
  private static void assertTorn(StreamRows uncommitted, StreamRows expected) {
    assertThat(uncommitted.size()).as("a kill tore a transaction").isGreaterThan(expected.size());
    assertThat(uncommitted.difference(expected)).isPresent();
  }

  private static void assertEveryMistakeIsFound(StreamRows committed, StreamRows expected) {
    int middle = committed.partitions().get(1).size() / 2;
    List<Consumer<List<String>>> mistakes =
        List.of(
            rows -> rows.remove(middle),
            rows -> rows.remove(rows.size() - 1),
            rows -> rows.add(middle, rows.get(middle)),
            rows -> rows.add(rows.get(rows.size() - 1)),
            rows -> rows.set(middle, rows.set(middle + 1, rows.get(middle))),
            rows -> rows.set(middle, rows.get(middle).replaceFirst(", (\\d+),", ", 9$1,")));
    for (var mistake : mistakes) {
      List<List<String>> partitions = new ArrayList<>(committed.partitions());
      List<String> rows = new ArrayList<>(partitions.get(1));
      mistake.accept(rows);
      partitions.set(1, rows);
      assertThat(new StreamRows(partitions).difference(expected)).isPresent();
    }
  }

  private void feed(List<Source> sources, Duration over) throws Exception {
    MixedDocuments documents = new MixedDocuments(settings, dataset);
    ByteArraySerializer bytes = new ByteArraySerializer();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(ClientConfigs.producer(settings.clients()), bytes, bytes)) {
      for (int i = 0; i < sources.size(); i++) {
        for (var record : documents.records(sources, i)) {
          producer.send(record).get();
        }
        Thread.sleep(over.toMillis() / sources.size());
      }
      for (var record : documents.flush()) {
        producer.send(record).get();
      }
    }
  }

  private StreamInstance instance(String name) {
    return StreamChild.instance(settings.clients(), topics, dataset, run, folder, name);
  }

  private StreamChild child(String name) throws Exception {
    StreamChild child = StreamChild.start(settings, folder, name);
    CHILDREN.add(child);
    return child;
  }

  private static void assertEndsWell(StreamChild child) throws Exception {
    assertThat(child.close(Duration.ofSeconds(30))).as(child.output()).isZero();
  }

  private Topic<Segment> segments() {
    return topics.segments(dataset.getName(), PARTITIONS);
  }

  /** Each of these instances has partitions of the packer and of the live lane. */
  private void awaitShared(String... instances) throws Exception {
    for (String instance : instances) {
      for (String group : List.of(topics.packerId(dataset.getName()), topics.maskerId(run, 0))) {
        Await.until(
            instance + " works in " + group,
            PATIENCE,
            () -> !partitions(group, instance).isEmpty());
      }
    }
  }

  /** Kills it as soon as it has written to the topic what it has not committed. */
  private void killInTransaction(StreamChild victim, String group, String topic) throws Exception {
    Await.until(
        victim.name() + " has an open transaction in " + topic,
        PATIENCE,
        () -> {
          assertThat(victim.isAlive()).as(victim.output()).isTrue();
          return hasOpenTransaction(topic, partitions(group, victim.name()));
        });
    victim.kill();
  }

  private boolean hasOpenTransaction(String topic, Set<Integer> partitions) throws Exception {
    Map<TopicPartition, OffsetSpec> query =
        partitions.stream()
            .collect(Collectors.toMap(p -> new TopicPartition(topic, p), p -> OffsetSpec.latest()));
    Map<TopicPartition, Long> stable = ends(query, IsolationLevel.READ_COMMITTED);
    Map<TopicPartition, Long> written = ends(query, IsolationLevel.READ_UNCOMMITTED);
    return written.entrySet().stream().anyMatch(e -> e.getValue() > stable.get(e.getKey()) + 1);
  }

  private Map<TopicPartition, Long> ends(
      Map<TopicPartition, OffsetSpec> query, IsolationLevel isolation) throws Exception {
    return admin
        .listOffsets(query, new ListOffsetsOptions(isolation))
        .all()
        .get()
        .entrySet()
        .stream()
        .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().offset()));
  }

  /** What this instance works on as a member of the group. */
  private Set<Integer> partitions(String group, String instance) throws Exception {
    try {
      return admin.describeConsumerGroups(List.of(group)).all().get().get(group).members().stream()
          .filter(member -> member.clientId().startsWith(instance + "-"))
          .flatMap(member -> member.assignment().topicPartitions().stream())
          .map(TopicPartition::partition)
          .collect(Collectors.toSet());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return Set.of();
      }
      throw e;
    }
  }

  private Set<String> groups() throws Exception {
    return admin.listGroups().all().get().stream()
        .map(group -> group.groupId())
        .collect(Collectors.toSet());
  }

  private static boolean containsAny(Set<String> all, Set<String> some) {
    return some.stream().anyMatch(all::contains);
  }

  private boolean isDone(int epoch) {
    return new RunPlan(settings).epochs().get(epoch).done();
  }

  /** The live lane has an example of each segment that is committed now. */
  private boolean isLiveLaneWhole() {
    long[] segments = LogReader.endSequences(settings.clients(), segments());
    long[] masked =
        MaskerProgress.masked(
            settings.clients(), topics, new RunPlan(settings).epochs().get(0), PARTITIONS);
    return IntStream.range(0, PARTITIONS).allMatch(p -> masked[p] >= segments[p]);
  }
}
