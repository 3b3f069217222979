package dev.remask.trainer.log;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masker;
import dev.remask.schemas.Books;
import dev.remask.schemas.DocumentSpan;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.MaskingKind;
import dev.remask.schemas.MaskingPolicy;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.Segment;
import dev.remask.schemas.SourceSpan;
import dev.remask.schemas.SourceSpans;
import dev.remask.schemas.TokenIds;
import dev.remask.schemas.TokenWidth;
import dev.remask.trainer.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The logs of a run in memory, filled as packer and maskers fill them. */
final class RunLogs {
  static final int VOCABULARY = 300;
  static final int PARTITIONS = 3;
  static final int WINDOW = 16;
  static final Patience PATIENCE =
      new Patience(Duration.ofSeconds(10), line -> {}, System::nanoTime, () -> false);

  final InMemoryLog<Segment> segments = new InMemoryLog<>("segments", PARTITIONS);
  final InMemoryLog<MaskedExample> live = new InMemoryLog<>("live", PARTITIONS);
  final InMemoryLog<MaskedExample> replays = new InMemoryLog<>("examples", PARTITIONS);
  final SortedMap<Integer, PlannedEpoch> plans = new ConcurrentSkipListMap<>();
  final boolean pairs;
  private final List<List<int[]>> tokens = new ArrayList<>();

  RunLogs(long seed, int... ends) {
    this(false, seed, ends);
  }

  /** With segments of two parts. */
  static RunLogs ofPairs(long seed, int... ends) {
    return new RunLogs(true, seed, ends);
  }

  private RunLogs(boolean pairs, long seed, int... ends) {
    this.pairs = pairs;
    Random random = new Random(seed);
    for (int p = 0; p < PARTITIONS; p++) {
      tokens.add(new ArrayList<>());
      for (int s = 0; s < ends[p]; s++) {
        int[] text = random.ints(5 + random.nextInt(30), 4, VOCABULARY - 1).toArray();
        text[0] = 0;
        tokens.get(p).add(text);
        int cut = random.nextInt(text.length);
        List<DocumentSpan> documents =
            List.of(
                new DocumentSpan("d" + s, 1, cut + 1, s % 5 == 0 ? null : "p" + p),
                new DocumentSpan("e" + s, cut + 1, text.length, s % 3 == 0 ? null : "s" + s % 2));
        segments.append(
            p,
            s,
            Segment.newBuilder()
                .setPartition(p)
                .setSequence(s)
                .setWidth(TokenWidth.U16_LE)
                .setTokens(TokenIds.encode(text, TokenWidth.U16_LE))
                .setDocuments(documents)
                .setSecondPart(secondPart(text))
                .setNextSentence(nextSentence(text))
                .setBooks(Books.newBuilder().build())
                .build());
      }
    }
  }

  /** As a function of the text, so that each is another. */
  private int secondPart(int[] text) {
    return pairs ? 1 + text[1] % (text.length - 1) : Example.ONE_PART;
  }

  private @Nullable Boolean nextSentence(int[] text) {
    return pairs ? text[2] % 2 == 0 : null;
  }

  void plan(int epoch, List<Long> ends) {
    EpochPlan plan =
        new EpochPlan(
            "books",
            42L,
            MaskingPolicy.newBuilder().build(),
            WINDOW,
            epoch == 0 ? null : ends,
            Instant.EPOCH);
    plans.put(epoch, new PlannedEpoch("run", epoch, plan, false));
  }

  /** One static masking for all that is planned. */
  void staticMasks() {
    policy(MaskingPolicy.newBuilder().setKind(MaskingKind.STATIC).setCopies(1).build());
  }

  /** Of all that is planned. */
  void policy(MaskingPolicy policy) {
    plans.replaceAll(
        (epoch, planned) -> {
          EpochPlan plan = EpochPlan.newBuilder(planned.plan()).setPolicy(policy).build();
          return new PlannedEpoch(planned.run(), epoch, plan, false);
        });
  }

  EpochPlan planOf(int epoch) {
    PlannedEpoch planned = plans.get(epoch);
    if (planned == null) {
      throw new IllegalStateException("no plan of epoch " + epoch);
    }
    return planned.plan();
  }

  /**
   * As {@link Examples#masker} makes one, of a vocabulary in which every third id begins a word.
   */
  static Masker masker(EpochPlan plan) {
    BitSet wordStarts = new BitSet();
    IntStream.range(4, VOCABULARY - 1).filter(id -> id % 3 == 0).forEach(wordStarts::set);
    return new Masker(
        plan.getSeed(), "books", Examples.policy(plan.getPolicy()), VOCABULARY, wordStarts);
  }

  /** Straight from the mask function, without any log. */
  Example expected(int epoch, int partition, long sequence) {
    Masker masker = masker(planOf(epoch));
    int[] text = tokens.get(partition).get((int) sequence);
    Segment segment = segments.from(partition, 0).get((int) sequence);
    return new Example(
        epoch,
        partition,
        sequence,
        masker.mask(epoch, partition, sequence, text),
        secondPart(text),
        nextSentence(text),
        SourceSpans.of(segment).stream()
            .map(span -> new Example.Origin(span.getSource(), span.getEnd()))
            .toList());
  }

  List<Example> expected(int epoch, int partition, long start, long end) {
    List<Example> examples = new ArrayList<>();
    for (long s = start; s < end; s++) {
      examples.add(expected(epoch, partition, s));
    }
    return examples;
  }

  /** What an epoch's masker does for some sequences of a partition. */
  void mask(int epoch, int partition, long start, long end) {
    for (Example example : expected(epoch, partition, start, end)) {
      (epoch == 0 ? live : replays).append(partition, example.sequence(), record(example));
    }
  }

  void maskAll(int epoch) {
    for (int p = 0; p < PARTITIONS; p++) {
      mask(epoch, p, 0, epoch == 0 ? segments.size(p) : planOf(epoch).getEnds().get(p));
    }
  }

  static MaskedExample record(Example example) {
    return MaskedExample.newBuilder()
        .setEpoch(example.epoch())
        .setPartition(example.partition())
        .setSequence(example.sequence())
        .setWidth(TokenWidth.U16_LE)
        .setInputs(TokenIds.encode(example.masked().inputs(), TokenWidth.U16_LE))
        .setPositions(TokenIds.encode(example.masked().positions(), TokenWidth.U16_LE))
        .setLabels(TokenIds.encode(example.masked().labels(), TokenWidth.U16_LE))
        .setSecondPart(example.secondPart())
        .setNextSentence(example.nextSentence())
        .setSources(
            example.origins().stream()
                .map(origin -> new SourceSpan(origin.source(), origin.end()))
                .toList())
        .build();
  }

  static SequencedLog<MaskedExample> examples(InMemoryLog<MaskedExample> log, int ahead) {
    return new SequencedLog<>(
        log.consumer(),
        log.topic,
        PARTITIONS,
        ahead,
        record -> new Place(record.getEpoch(), record.getSequence()),
        PATIENCE.absence("reading " + log.topic));
  }

  SequencedLog<Segment> segments(int ahead) {
    return new SequencedLog<>(
        segments.consumer(),
        segments.topic,
        PARTITIONS,
        ahead,
        segment -> new Place(0, segment.getSequence()),
        PATIENCE.absence("reading segments"));
  }

  RunPlans runPlans(int window) {
    return new RunPlans(
        () -> new TreeMap<>(plans), "run", "books", PARTITIONS, window, System::nanoTime);
  }

  RunFeed feed(int ahead, boolean verify) {
    return new RunFeed(
        runPlans(WINDOW),
        WINDOW,
        examples(live, ahead),
        examples(replays, ahead),
        segments(ahead),
        RunLogs::masker,
        VOCABULARY,
        pairs,
        verify,
        Position.start(PARTITIONS));
  }
}
