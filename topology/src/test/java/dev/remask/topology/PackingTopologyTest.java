package dev.remask.topology;

import static dev.remask.topology.Fixture.CLIENTS;
import static dev.remask.topology.Fixture.DATASET;
import static dev.remask.topology.Fixture.TOPICS;
import static dev.remask.topology.Fixture.document;
import static dev.remask.topology.Fixture.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.Tokenizer;
import dev.remask.schemas.Arrival;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.DocumentSpan;
import dev.remask.schemas.InputFormat;
import dev.remask.schemas.PackerState;
import dev.remask.schemas.Segment;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.SourceSpan;
import dev.remask.schemas.SourceSpans;
import dev.remask.schemas.TextUnit;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;

class PackingTopologyTest {
  private static final Dataset ONE = Fixture.dataset(1, 0, 100);
  private static final String CAT =
      "The cat sat on the mat. A dog sat on the cat. Both saw a mouse near the house.";

  @Test
  void aFlushEndsTheWaitingSegmentsOfBothHalves() {
    try (TopologyTestDriver driver = Fixture.packer(Fixture.dataset(1, 500, 100))) {
      var documents = Fixture.input(driver, TOPICS.documents(1).name());
      for (int i = 0; i < 20; i++) {
        documents.pipeInput(utf8("doc-" + i), document("A cat " + i + "."));
      }
      flush(driver);
      PackerState state = state(driver);
      assertThat(state.getTraining().getDocuments()).isEmpty();
      assertThat(state.getHeldOut().getDocuments()).isEmpty();
      assertThat(state.getBooks().getPending()).isZero();
      assertThat(state.getBooks().getPacked() + state.getBooks().getHeldOut()).isEqualTo(20);
      assertThat(state.getBooks().getHeldOut()).isBetween(1L, 19L);
      assertThat(state.getBooks().getFlushes()).isEqualTo(1);

      long segments = segments(driver, "segments").size();
      long heldOut = segments(driver, "heldout").size();
      assertThat(segments).isEqualTo(state.getTraining().getNextSequence());
      assertThat(heldOut).isEqualTo(state.getHeldOut().getNextSequence());

      flush(driver);
      assertThat(segments(driver, "segments")).as("a flush of nothing").isEmpty();
      assertThat(state(driver).getTraining().getNextSequence()).isEqualTo(segments);
    }
  }

  /** As after {@code kafka-streams-application-reset}, which deletes the changelogs. */
  @Test
  void aPackerWhoseStateIsGoneStopsInsteadOfCountingFromZeroAgain() {
    try (TopologyTestDriver driver =
        Fixture.packer(ONE, DocumentDecoder.of(ONE, Fixture.CLIENTS), 7)) {
      var documents = Fixture.input(driver, TOPICS.documents(1).name());
      assertThatThrownBy(() -> documents.pipeInput(utf8("a"), document(CAT)))
          .hasStackTraceContaining("has 7 segments, but the packer's state is gone");
      assertThat(segments(driver, "segments")).isEmpty();
    }
  }

  @Test
  void aNullValueWithoutTheHeaderIsATombstoneAndForgets() {
    try (TopologyTestDriver driver = Fixture.packer(ONE)) {
      var documents = Fixture.input(driver, TOPICS.documents(1).name());
      documents.pipeInput(utf8("a"), document(CAT));
      documents.pipeInput(utf8("a"), document(CAT));
      documents.pipeInput(utf8("a"), (byte[]) null);
      documents.pipeInput(utf8("a"), document(CAT));
      var books = state(driver).getBooks();
      assertThat(books.getDuplicates()).isEqualTo(1);
      assertThat(books.getTombstones()).isEqualTo(1);
      assertThat(books.getPacked() + books.getPending()).isEqualTo(2);
    }
  }

  /** Through the carry as well: the first document waits in it. */
  @Test
  void spansNameTheSourcesOfTheirDocuments() {
    try (TopologyTestDriver driver = Fixture.packer(ONE)) {
      var documents = Fixture.input(driver, TOPICS.documents(1).name());
      documents.pipeInput(utf8("a"), document("A cat.", "wire"));
      documents.pipeInput(utf8("b"), document("A dog.", null));
      documents.pipeInput(utf8("c"), document("A mat.", "x".repeat(300)));
      flush(driver);
      List<DocumentSpan> spans = segments(driver, "segments").get(0).value().getDocuments();
      assertThat(spans).map(DocumentSpan::getSource).containsExactly("wire", null, "x".repeat(256));
    }
  }

  @Test
  void segmentsHaveNoHeadersOfDocumentsButSayWhenTheyCame() {
    try (TopologyTestDriver driver = Fixture.packer(ONE)) {
      Headers headers = new RecordHeaders().add("trace", utf8("x"));
      Instant time = Instant.ofEpochMilli(1_234_567);
      Fixture.input(driver, TOPICS.documents(1).name())
          .pipeInput(new TestRecord<>(utf8("a"), document(CAT), headers, time));
      List<TestRecord<byte[], Segment>> segments = segments(driver, "segments");
      assertThat(segments).isNotEmpty();
      assertThat(segments)
          .allSatisfy(
              segment ->
                  assertThat(segment.headers()).isEqualTo(Arrival.headers(time.toEpochMilli())));
    }
  }

  @Test
  void badDocumentsAreDeadLettersWithTheirCause() {
    Map<String, TestRecord<byte[], byte[]>> bad = new TreeMap<>();
    bad.put("unreadable", new TestRecord<>(utf8("a"), utf8("not Avro")));
    bad.put("empty", new TestRecord<>(utf8("a"), document(" \n\t ")));
    bad.put("too-long", new TestRecord<>(utf8("a"), document("cat ".repeat(2000))));
    bad.put("bad-id", new TestRecord<>(new byte[] {(byte) 0xC3}, document(CAT)));
    try (TopologyTestDriver driver = Fixture.packer(ONE)) {
      var documents = Fixture.input(driver, TOPICS.documents(1).name());
      documents.pipeInput(utf8("first"), document(CAT));
      bad.values().forEach(documents::pipeInput);

      List<TestRecord<byte[], byte[]>> letters =
          Fixture.output(driver, TOPICS.deadLetters()).readRecordsToList();
      assertThat(letters).hasSize(bad.size());
      int offset = 1;
      for (TestRecord<byte[], byte[]> letter : letters) {
        Map<String, String> headers = headers(letter);
        TestRecord<byte[], byte[]> received = bad.get(headers.get("remask.reason"));
        assertThat(letter.key()).isEqualTo(received.key());
        int kept = Math.min(received.value().length, DeadLetter.BYTES_MAX);
        assertThat(letter.value()).isEqualTo(Arrays.copyOf(received.value(), kept));
        assertThat(headers)
            .containsEntry("__streams.errors.exception", BadDocument.class.getName())
            .containsEntry("__streams.errors.topic", TOPICS.documents(1).name())
            .containsEntry("__streams.errors.partition", "0")
            .containsEntry("__streams.errors.offset", Integer.toString(offset++))
            .containsKey("__streams.errors.message");
        assertThat(headers.containsKey("remask.value.bytes"))
            .isEqualTo(received.value().length > DeadLetter.BYTES_MAX);
      }
      assertThat(letters)
          .map(letter -> headers(letter).get("remask.reason"))
          .doesNotHaveDuplicates();
      assertThat(state(driver).getBooks().getDeadLetters()).isEqualTo(bad.size());
    }
  }

  @Test
  void anOutageIsNoDeadLetter() {
    DocumentDecoder down =
        received -> {
          throw new DisconnectException("registry");
        };
    try (TopologyTestDriver driver = Fixture.packer(ONE, down)) {
      var documents = Fixture.input(driver, TOPICS.documents(1).name());
      assertThatThrownBy(() -> documents.pipeInput(utf8("a"), document(CAT)))
          .isInstanceOf(StreamsException.class)
          .hasRootCauseInstanceOf(DisconnectException.class);
      assertThat(Fixture.output(driver, TOPICS.deadLetters()).isEmpty()).isTrue();
    }
  }

  /** The changelog is a contract: {@link PackerProgress} reads it from other processes. */
  @Test
  void theChangelogHoldsTheStateAfterTheLastRecord() {
    try (TopologyTestDriver driver = Fixture.packer(ONE)) {
      var documents = Fixture.input(driver, TOPICS.documents(1).name());
      documents.pipeInput(utf8("a"), document(CAT));
      flush(driver);
      documents.pipeInput(utf8("a"), document(CAT));
      List<TestRecord<byte[], byte[]>> changelog =
          Fixture.output(driver, PackingTopology.changelog(TOPICS, DATASET, PackingTopology.STATE))
              .readRecordsToList();
      byte[] last = changelog.get(changelog.size() - 1).value();
      PackerState state =
          AvroBinarySerde.of(PackerState.class).deserializer().deserialize("", last);
      assertThat(state).isEqualTo(state(driver));
      assertThat(state.getBooks().getDuplicates()).isEqualTo(1);
    }
  }

  /** Every topic that the packer writes is one of the dataset's own or a changelog. */
  @Test
  void theChangelogsAreNamedAsKafkaStreamsNamesThem() {
    try (TopologyTestDriver driver = Fixture.packer(ONE)) {
      var documents = Fixture.input(driver, TOPICS.documents(1).name());
      documents.pipeInput(utf8("a"), document(CAT));
      documents.pipeInput(utf8("b"), document("A cat."));
      flush(driver);
      List<String> changelogs = PackingTopology.changelogs(TOPICS, DATASET);
      Set<String> written = new HashSet<>(driver.producedTopicNames());
      written.remove(TOPICS.segments(DATASET, 1).name());
      assertThat(written).containsExactlyInAnyOrderElementsOf(changelogs);
      assertThat(changelogs).containsOnlyOnce(TOPICS.packerId(DATASET) + "-packer-changelog");
    }
    // Names of datasets may begin alike, as those of their packers.
    assertThat(PackingTopology.changelogs(TOPICS, "news"))
        .doesNotContainAnyElementsOf(PackingTopology.changelogs(TOPICS, "news-pack"));
  }

  /** The driver's only partition is 0; the sequence and the key must name the task's own. */
  @Test
  void aTaskNumbersItsOwnPartition() {
    var context = context(3);
    var processor = processor(context, Fixture.dataset(5, 0, 0));
    process(context, processor, 0, new Record<>(utf8("a"), document(CAT), 0));
    process(context, processor, 1, new Record<>(null, null, 0, Fixture.flush().headers()));
    assertThat(context.forwarded()).isNotEmpty();
    for (int i = 0; i < context.forwarded().size(); i++) {
      Record<? extends SequenceKey, ? extends Segment> record = context.forwarded().get(i).record();
      assertThat(record.key()).isEqualTo(new SequenceKey(3, i));
      assertThat(record.value().getPartition()).isEqualTo(3);
      assertThat(record.value().getSequence()).isEqualTo(i);
    }
  }

  /**
   * A state of many short documents with long ids is as large as their segment; a document from the
   * future must not be refused.
   */
  @Test
  void changelogsTakeWhatTheTopicsTake() {
    for (var store : PackingTopology.stores()) {
      assertThat(store.logConfig())
          .containsEntry("max.message.bytes", "16777216")
          .containsEntry("message.timestamp.type", "LogAppendTime")
          .containsEntry("segment.bytes", "16777216");
    }
  }

  /** As after a reset of the group: whatever a record is, it counts once. */
  @Test
  void whatIsReadAgainIsDropped() {
    List<Record<byte[], byte[]>> records =
        List.of(
            new Record<>(utf8("a"), document(CAT), 0),
            new Record<>(utf8("b"), document(CAT + CAT), 0),
            new Record<>(utf8("b"), document(CAT + CAT), 0),
            new Record<>(utf8("a"), null, 0),
            new Record<>(utf8("c"), utf8("not Avro"), 0),
            new Record<>(null, null, 0, Fixture.flush().headers()),
            new Record<>(utf8("d"), document("A cat."), 0));
    var context = context(0);
    var processor = processor(context, Fixture.dataset(1, 0, 1));
    KeyValueStore<Integer, PackerState> states = context.getStateStore(PackingTopology.STATE);
    List<PackerState> after = new ArrayList<>();
    for (int i = 0; i < records.size(); i++) {
      // Transaction markers leave gaps between offsets.
      process(context, processor, 3L * i, records.get(i));
      after.add(states.get(0));
      assertThat(states.get(0).getNextOffset()).isEqualTo(3L * i + 1);
    }
    int forwarded = context.forwarded().size();
    assertThat(forwarded).isGreaterThan(2);

    for (int from = 0; from < records.size(); from++) {
      for (int i = from; i < records.size(); i++) {
        process(context, processor, 3L * i, records.get(i));
        assertThat(states.get(0)).isEqualTo(after.get(after.size() - 1));
      }
    }
    assertThat(context.forwarded()).hasSize(forwarded);
    process(context, processor, 3L * records.size(), new Record<>(utf8("e"), document(CAT), 0));
    assertThat(states.get(0).getBooks().getDocuments()).isEqualTo(records.size());
  }

  /** As where a transaction is aborted, and the task begins again with what was committed. */
  @Test
  void aTaskThatBeginsAgainGoesOnFromItsStore() {
    MockProcessorContext<SequenceKey, Segment> context = context(0);
    KeyValueStore<Integer, PackerState> states = context.getStateStore(PackingTopology.STATE);
    PackingTopology.PackProcessor processor = processor(context, ONE);
    process(context, processor, 0, new Record<>(utf8("a"), document(CAT), 0));
    PackerState committed = states.get(0);
    process(context, processor, 1, new Record<>(utf8("b"), document("A dog."), 0));
    PackerState aborted = states.get(0);
    assertThat(aborted).isNotEqualTo(committed);

    states.put(0, committed);
    KeyValueStore<byte[], byte[]> recent = context.getStateStore(PackingTopology.RECENT);
    recent.delete(utf8("b"));
    processor.init(context);
    process(context, processor, 1, new Record<>(utf8("b"), document("A dog."), 0));
    assertThat(states.get(0)).isEqualTo(aborted);
  }

  private static MockProcessorContext<SequenceKey, Segment> context(int partition) {
    MockProcessorContext<SequenceKey, Segment> context =
        new MockProcessorContext<>(
            new Properties(), new TaskId(0, partition), new File("target/mock"));
    PackingTopology.stores()
        .forEach(
            store -> {
              var built = store.withLoggingDisabled().withCachingDisabled().build();
              built.init(context.getStateStoreContext(), built);
            });
    return context;
  }

  private static PackingTopology.PackProcessor processor(
      MockProcessorContext<SequenceKey, Segment> context, Dataset dataset) {
    var processor =
        new PackingTopology.PackProcessor(
            dataset,
            () -> new Tokenizer(Fixture.VOCABULARY),
            DocumentDecoder.of(dataset, CLIENTS),
            partition -> 0,
            new Counters());
    processor.init(context);
    return processor;
  }

  /** As Kafka Streams calls it, which goes on after a bad document. */
  private static void process(
      MockProcessorContext<SequenceKey, Segment> context,
      PackingTopology.PackProcessor processor,
      long offset,
      Record<byte[], byte[]> record) {
    context.setRecordMetadata(TOPICS.documents(1).name(), context.taskId().partition(), offset);
    try {
      processor.process(record);
    } catch (BadDocument e) {
      assertThat(e.reason()).isEqualTo(BadDocument.Reason.UNREADABLE);
    }
  }

  @Test
  void aVocabularyThatIsNotWhatItsHashSaysStopsTheProgram() {
    Dataset tampered = Dataset.newBuilder(ONE).setTokenizer(ByteBuffer.wrap(utf8("{}"))).build();
    assertThatThrownBy(() -> Fixture.packer(tampered))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(Fixture.VOCABULARY.sha256());
  }

  @Test
  void whatIsUnknownOrDoesNotFitIsRefusedByName() {
    requireRefused("input.format", dataset -> dataset.setInputFormat(InputFormat.UNKNOWN));
    requireRefused("text.unit", dataset -> dataset.setTextUnit(TextUnit.UNKNOWN));
    requireRefused("text.language", dataset -> dataset.setTextLanguage("not a language"));
    requireRefused(
        "text.language", dataset -> dataset.setTextLanguage("de").setTextUnit(TextUnit.LINES));
    requireRefused("documents.source.field", dataset -> dataset.setDocumentSourceField("from"));
    requireRefused(
        "text.unit",
        dataset -> dataset.setInputFormat(InputFormat.SEGMENT_PAIR).setTextUnit(TextUnit.NONE));
  }

  /** As where a JDK of another Unicode version declared it. */
  @Test
  void aPlatformThatCutsTextInOtherPlacesIsRefused() {
    Dataset here = PackingFormat.onThisPlatform(ONE, Fixture.VOCABULARY);
    Fixture.packer(here).close();
    requireRefused(
        "dataset.name",
        dataset -> dataset.setTextPlatform("Java 99").setTextRulesSha256("0".repeat(64)));
    assertThatThrownBy(
            () ->
                Fixture.packer(Dataset.newBuilder(here).setTextRulesSha256("0".repeat(64)).build()))
        .hasMessageContaining(here.getTextPlatform())
        .hasMessageNotContaining("\n");
    // The rules are those of the unit: lines do not end where sentences do.
    Dataset lines =
        PackingFormat.onThisPlatform(
            with(ONE, d -> d.setTextUnit(TextUnit.LINES)), Fixture.VOCABULARY);
    assertThat(lines.getTextRulesSha256()).isNotEqualTo(here.getTextRulesSha256());
  }

  private static void requireRefused(String key, UnaryOperator<Dataset.Builder> change) {
    assertThatThrownBy(() -> Fixture.packer(with(ONE, change)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("for configuration " + key);
  }

  private static Dataset with(Dataset dataset, UnaryOperator<Dataset.Builder> change) {
    return change.apply(Dataset.newBuilder(dataset)).build();
  }

  /** A document leaves nothing waiting, and both of its ends are in the log at once. */
  @Test
  void pairsNameBothDocumentsAndTheirSources() {
    Dataset pairs = with(ONE, d -> d.setInputFormat(InputFormat.SENTENCE_PAIR));
    try (TopologyTestDriver driver = Fixture.packer(pairs)) {
      var documents = Fixture.input(driver, TOPICS.documents(1).name());
      documents.pipeInput(utf8("a"), document("A cat. A dog.", "wire"));
      documents.pipeInput(utf8("b"), document("A mat.", null));
      assertThat(state(driver).getBooks().getPending()).isZero();
      assertThat(state(driver).getBooks().getPacked()).isEqualTo(2);
      List<TestRecord<byte[], Segment>> segments = segments(driver, "segments");
      assertThat(segments).hasSize(2);
      Segment first = segments.get(0).value();
      assertThat(first.getNextSentence()).as("there is no other document yet").isTrue();
      assertThat(first.getDocuments()).hasSize(1);
      Segment second = segments.get(1).value();
      assertThat(second.getNextSentence()).isFalse();
      assertThat(second.getDocuments())
          .map(span -> span.getDocument() + " " + span.getSource())
          .containsExactly("b null", "a wire");
      assertThat(second.getDocuments().get(1).getStart()).isEqualTo(second.getSecondPart());
      assertThat(SourceSpans.of(second)).map(SourceSpan::getSource).containsExactly(null, "wire");
      flush(driver);
      assertThat(segments(driver, "segments")).isEmpty();
    }
  }

  @Test
  void newContentOfAnIdIsAnUpdate() {
    try (TopologyTestDriver driver = Fixture.packer(ONE)) {
      var documents = Fixture.input(driver, TOPICS.documents(1).name());
      for (String text : List.of(CAT, CAT + CAT, CAT + CAT, CAT)) {
        documents.pipeInput(utf8("a"), document(text));
      }
      documents.pipeInput(utf8("a"), document(" "));
      var books = state(driver).getBooks();
      assertThat(books.getUpdates()).isEqualTo(2);
      assertThat(books.getDuplicates()).isEqualTo(1);
      assertThat(books.getDeadLetters()).isEqualTo(1);
      assertThat(books.getPacked() + books.getPending()).isEqualTo(3);
    }
  }

  private static void flush(TopologyTestDriver driver) {
    Fixture.input(driver, TOPICS.documents(1).name()).pipeInput(Fixture.flush());
  }

  private static PackerState state(TopologyTestDriver driver) {
    return driver.<Integer, PackerState>getKeyValueStore(PackingTopology.STATE).get(0);
  }

  private static List<TestRecord<byte[], Segment>> segments(
      TopologyTestDriver driver, String half) {
    String topic = TOPICS.prefix() + DATASET + "." + half;
    return new ArrayList<>(Fixture.output(driver, topic, Segment.class).readRecordsToList());
  }

  private static Map<String, String> headers(TestRecord<?, ?> record) {
    Map<String, String> headers = new TreeMap<>();
    StreamSupport.stream(record.headers().spliterator(), false)
        .forEach(
            header ->
                headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
    return headers;
  }
}
