package dev.remask.topology;

import static dev.remask.topology.Fixture.CLIENTS;
import static dev.remask.topology.Fixture.DATASET;
import static dev.remask.topology.Fixture.RUN;
import static dev.remask.topology.Fixture.TOPICS;
import static dev.remask.topology.Fixture.VOCABULARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.Masked;
import dev.remask.mlm.Masker;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.mlm.Tokenizer;
import dev.remask.schemas.Arrival;
import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.DocumentSpan;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.Segment;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.SourceSpan;
import dev.remask.schemas.TokenIds;
import dev.remask.schemas.TokenWidth;
import java.io.File;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;

class MaskingTopologyTest {
  private static final Dataset ONE = Fixture.dataset(1, 0, 0);
  private static final MaskingPolicy WHOLE_WORDS =
      new MaskingPolicy(
          MaskingPolicy.Kind.DYNAMIC,
          10,
          MaskingPolicy.Selection.EXACT,
          0.5,
          0.8,
          0.1,
          true,
          false);
  private static final List<Segment> SEGMENTS =
      IntStream.range(0, 50).mapToObj(sequence -> segment(0, sequence)).toList();

  @Test
  void masksAsTheMaskerDoes() {
    EpochPlan plan = Fixture.plan(List.of(50L));
    Masker masker = new Masker(42, DATASET, MaskingPolicy.ROBERTA, VOCABULARY.size());
    List<TestRecord<byte[], byte[]>> records = run(3, plan);
    assertThat(records).hasSize(50);
    for (int i = 0; i < 50; i++) {
      MaskedExample example = example(records.get(i));
      Masked expected = masker.mask(3, 0, i, tokens(i));
      assertThat(SequenceKey.decode(records.get(i).key())).isEqualTo(new SequenceKey(0, i));
      assertThat(records.get(i).headers()).isEqualTo(Arrival.headers(7 + i));
      assertThat(example.getEpoch()).isEqualTo(3);
      assertThat(example.getPartition()).isZero();
      assertThat(example.getSequence()).isEqualTo(i);
      assertThat(TokenIds.decode(example.getInputs(), example.getWidth()))
          .isEqualTo(expected.inputs());
      assertThat(TokenIds.decode(example.getPositions(), TokenWidth.U16_LE))
          .isEqualTo(expected.positions());
      assertThat(TokenIds.decode(example.getLabels(), example.getWidth()))
          .isEqualTo(expected.labels());
    }
  }

  /** One example, written down: words of several tokens, all of a word selected or none. */
  @Test
  void wholeWordsAreThoseOfTheDatasetsVocabulary() {
    int[] text = new Tokenizer(VOCABULARY).encode("The cat sat on the mat. A stray dog sat there.");
    int[] tokens = IntStream.concat(IntStream.of(0), Arrays.stream(text)).toArray();
    EpochPlan plan =
        EpochPlan.newBuilder(Fixture.plan(List.of(1L)))
            .setPolicy(MaskingPolicies.encode(WHOLE_WORDS))
            .build();
    MaskedExample example = example(run(1, plan, List.of(segment(0, 0, tokens))).get(0));
    int[] inputs = TokenIds.decode(example.getInputs(), example.getWidth());
    int[] labels = TokenIds.decode(example.getLabels(), example.getWidth());
    assertThat(VOCABULARY.decode(tokens))
        .isEqualTo("<s>The cat sat on the mat. A stray dog sat there.");
    assertThat(VOCABULARY.decode(inputs))
        .isEqualTo("<s><mask><mask> sat onc mat. A stray dog<mask> the<mask><mask>mat");
    assertThat(VOCABULARY.decode(labels)).isEqualTo("The cat the sat there.");
    Masked expected =
        new Masker(42, DATASET, WHOLE_WORDS, VOCABULARY.size(), VOCABULARY.wordStarts())
            .mask(1, 0, 0, tokens);
    assertThat(inputs).isEqualTo(expected.inputs());
    assertThat(labels).isEqualTo(expected.labels());
  }

  @Test
  void anExampleSaysWhereItsTextComesFrom() {
    Segment segment =
        Segment.newBuilder(SEGMENTS.get(0))
            .setDocuments(
                List.of(
                    new DocumentSpan("a", 1, 9, "wire"),
                    new DocumentSpan("b", 10, 12, "wire"),
                    new DocumentSpan("c", 13, 24, null)))
            .build();
    EpochPlan plan = Fixture.plan(List.of(1L));
    MaskedExample example = example(run(1, plan, List.of(segment)).get(0));
    assertThat(example.getSources())
        .containsExactly(new SourceSpan("wire", 12), new SourceSpan(null, 24));
    assertThat(MaskedExample.newBuilder(example).setSources(List.of()).build())
        .isEqualTo(example(run(1, plan, List.of(SEGMENTS.get(0))).get(0)));
  }

  @Test
  void anEpochEndsWhereItsPlanSays() {
    assertThat(run(1, Fixture.plan(List.of(0L)))).isEmpty();
    assertThat(run(1, Fixture.plan(List.of(1L)))).hasSize(1);
    assertThat(run(1, Fixture.plan(List.of(49L)))).hasSize(49);
    assertThat(run(1, Fixture.plan(List.of(99L)))).hasSize(50);
  }

  @Test
  void theLiveLaneHasNoEndAndATopicOfItsOwn() {
    assertThat(run(0, Fixture.plan(null))).hasSize(50);
    assertThat(MaskingTopology.examples(TOPICS, RUN, 0, 1)).isEqualTo(TOPICS.live(RUN, 1));
    assertThat(MaskingTopology.examples(TOPICS, RUN, 1, 1)).isEqualTo(TOPICS.examples(RUN, 1));
  }

  @Test
  void theSameEpochHasTheSameBytesAndAnotherFreshMasks() {
    EpochPlan plan = Fixture.plan(List.of(50L));
    List<TestRecord<byte[], byte[]>> once = run(1, plan);
    List<byte[]> again = run(1, plan).stream().map(TestRecord::value).toList();
    assertThat(again)
        .usingElementComparator(Arrays::compare)
        .isEqualTo(once.stream().map(TestRecord::value).toList());

    List<String> first = once.stream().map(record -> masks(example(record))).toList();
    List<String> second = run(2, plan).stream().map(record -> masks(example(record))).toList();
    long equal = IntStream.range(0, 50).filter(i -> first.get(i).equals(second.get(i))).count();
    assertThat(equal).as("segments with equal masks in two epochs").isLessThan(10);
  }

  /** Its group was deleted by the instance that ended it; this one came too late. */
  @Test
  void anEpochThatIsDoneIsNotBegunAgain() {
    try (TopologyTestDriver driver = Fixture.masker(ONE, 1, Fixture.plan(List.of(50L)), true)) {
      TestInputTopic<byte[], byte[]> input = segments(driver);
      input.pipeInput(new SequenceKey(0, 0).encode(), bytes(SEGMENTS.get(0)));
      assertThat(Fixture.output(driver, TOPICS.examples(RUN, 1).name()).isEmpty()).isTrue();
    }
  }

  @Test
  void aSegmentOutOfPlaceIsABrokenInvariantAndNoDeadLetter() {
    TestRecord<byte[], byte[]> misplaced =
        new TestRecord<>(new SequenceKey(0, 7).encode(), bytes(segment(0, 8)));
    TestRecord<byte[], byte[]> foreign =
        new TestRecord<>(new SequenceKey(1, 0).encode(), bytes(segment(1, 0)));
    for (TestRecord<byte[], byte[]> record : List.of(misplaced, foreign)) {
      try (TopologyTestDriver driver = Fixture.masker(ONE, 0, Fixture.plan(null))) {
        TestInputTopic<byte[], byte[]> segments = segments(driver);
        assertThatThrownBy(() -> segments.pipeInput(record))
            .isInstanceOf(StreamsException.class)
            .hasRootCauseInstanceOf(IllegalStateException.class);
      }
    }
  }

  @Test
  void aPlanWithTheEndsOfAnotherDatasetIsRefused() {
    assertThatThrownBy(() -> Fixture.masker(ONE, 1, Fixture.plan(List.of(1L, 2L))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("2 ends");
  }

  @Test
  void everyPartitionHasItsOwnEndAndMasks() {
    EpochPlan plan = Fixture.plan(List.of(0L, 0L, 5L, 0L));
    Masker masker = new Masker(42, DATASET, MaskingPolicy.ROBERTA, VOCABULARY.size());
    MockProcessorContext<SequenceKey, MaskedExample> context =
        new MockProcessorContext<>(new Properties(), new TaskId(0, 2), new File("target/mock"));
    var processor =
        new MaskingTopology.MaskProcessor(
            topic(),
            1,
            plan.getEnds(),
            masker,
            TokenWidth.U16_LE,
            CLIENTS,
            () -> false,
            new Counters());
    processor.init(context);
    for (int i = 0; i < 9; i++) {
      processor.process(new Record<>(new SequenceKey(2, i).encode(), bytes(segment(2, i)), 0));
    }
    assertThat(context.forwarded()).hasSize(5);
    for (int i = 0; i < 5; i++) {
      var example = context.forwarded().get(i).record();
      assertThat(example.key()).isEqualTo(new SequenceKey(2, i));
      assertThat(TokenIds.decode(example.value().getInputs(), TokenWidth.U16_LE))
          .isEqualTo(masker.mask(1, 2, i, tokens(i)).inputs());
    }
  }

  private static List<TestRecord<byte[], byte[]>> run(int epoch, EpochPlan plan) {
    return run(epoch, plan, SEGMENTS);
  }

  private static List<TestRecord<byte[], byte[]>> run(
      int epoch, EpochPlan plan, List<Segment> all) {
    try (TopologyTestDriver driver = Fixture.masker(ONE, epoch, plan)) {
      TestInputTopic<byte[], byte[]> input = segments(driver);
      for (Segment segment : all) {
        byte[] key = new SequenceKey(0, segment.getSequence()).encode();
        Headers headers = Arrival.headers(7 + segment.getSequence()).add("trace", new byte[1]);
        input.pipeInput(new TestRecord<>(key, bytes(segment), headers));
      }
      return Fixture.output(driver, MaskingTopology.examples(TOPICS, RUN, epoch, 1).name())
          .readRecordsToList();
    }
  }

  private static TestInputTopic<byte[], byte[]> segments(TopologyTestDriver driver) {
    return Fixture.input(driver, topic());
  }

  private static String topic() {
    return TOPICS.segments(DATASET, 1).name();
  }

  private static MaskedExample example(TestRecord<byte[], byte[]> record) {
    return AvroSerdes.of(MaskedExample.class, CLIENTS)
        .deserializer()
        .deserialize(TOPICS.examples(RUN, 1).name(), record.value());
  }

  private static String masks(MaskedExample example) {
    return Arrays.toString(TokenIds.decode(example.getInputs(), example.getWidth()))
        + Arrays.toString(TokenIds.decode(example.getPositions(), TokenWidth.U16_LE));
  }

  private static byte[] bytes(Segment segment) {
    return AvroSerdes.of(Segment.class, CLIENTS).serializer().serialize(topic(), segment);
  }

  private static Segment segment(int partition, long sequence) {
    return segment(partition, sequence, tokens(sequence));
  }

  private static Segment segment(int partition, long sequence, int[] tokens) {
    return Segment.newBuilder()
        .setPartition(partition)
        .setSequence(sequence)
        .setWidth(TokenWidth.U16_LE)
        .setTokens(TokenIds.encode(tokens, TokenWidth.U16_LE))
        .setDocuments(List.of())
        .setBooks(Bookkeeping.NOTHING)
        .build();
  }

  private static int[] tokens(long sequence) {
    return new Random(sequence).ints(24, 4, VOCABULARY.size() - 1).toArray();
  }
}
