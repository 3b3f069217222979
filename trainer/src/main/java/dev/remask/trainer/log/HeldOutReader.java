package dev.remask.trainer.log;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masker;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.Segment;
import dev.remask.schemas.TokenIds;
import dev.remask.schemas.Topic;
import dev.remask.schemas.Topics;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.Unigram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads the first held-out segments of each partition, and the first training segments for the
 * baselines; what it has read it keeps, so that each reading costs only what is new. The same run
 * gets the same masks each time (invariant 1), so scores can be compared. Not thread-safe.
 */
final class HeldOutReader {
  /** Training segments that the baselines are counted over, at most; enough for any vocabulary. */
  private static final int COUNTED_MAX = 1 << 17;

  /** Each transaction of the packer leaves a marker, which takes an offset as a segment does. */
  private static final int OFFSETS_PER_SEGMENT = 4;

  private final Log log;
  private final Topic<Segment> heldOut;
  private final Topic<Segment> segments;
  private final Masker masker;
  private final Unigram unigram;
  private final IntUnaryOperator textBytes;
  private final boolean pairs;
  private final int share;
  private final int counted;
  private final List<Example> examples = new ArrayList<>();
  private final long[] heldOutAt; // [P]
  private final long[] segmentsAt; // [P]

  /** Passes on what is new, as {@link LogReader#readOn} does. */
  interface Log {
    void readOn(
        Topic<Segment> topic,
        long[] positions,
        long offsetsMax,
        Consumer<ConsumerRecord<byte[], Segment>> sink);
  }

  /**
   * @param textBytes that a token stands for
   * @param pairs whether the segments have two parts
   * @param segmentsMax held-out ones at most, an equal share of each partition
   */
  HeldOutReader(
      Log log,
      Topic<Segment> heldOut,
      Topic<Segment> segments,
      Masker masker,
      Unigram unigram,
      IntUnaryOperator textBytes,
      boolean pairs,
      int segmentsMax) {
    this.log = log;
    this.heldOut = heldOut;
    this.segments = segments;
    this.masker = masker;
    this.unigram = unigram;
    this.textBytes = textBytes;
    this.pairs = pairs;
    this.share = Math.max(1, segmentsMax / heldOut.partitions());
    this.counted = Math.max(1, COUNTED_MAX / segments.partitions());
    this.heldOutAt = new long[heldOut.partitions()];
    this.segmentsAt = new long[segments.partitions()];
  }

  /**
   * @param clients what every client gets
   * @param plan any of the run's: seed and policy
   */
  static HeldOutReader of(
      Map<String, ?> clients, Topics topics, Dataset dataset, EpochPlan plan, int segmentsMax) {
    return new HeldOutReader(
        (topic, positions, offsetsMax, sink) ->
            LogReader.readOn(clients, topic, positions, offsetsMax, sink),
        topics.heldOut(dataset.getName(), dataset.getPartitions()),
        topics.segments(dataset.getName(), dataset.getPartitions()),
        Examples.masker(plan, dataset),
        new Unigram(Examples.policy(plan.getPolicy()), dataset.getVocabularySize()),
        Examples.vocabulary(dataset)::textBytes,
        ModelShape.pairs(dataset.getInputFormat()),
        segmentsMax);
  }

  /** As much as there is now. After a failure it may be asked again. */
  HeldOutText read() {
    long heldOutMax = (long) OFFSETS_PER_SEGMENT * share;
    log.readOn(
        heldOut,
        heldOutAt,
        heldOutMax,
        record -> {
          if (record.value().getSequence() < share) {
            examples.add(Examples.masked(record.value(), masker, Masker.EVALUATION, pairs));
          }
        });
    log.readOn(segments, segmentsAt, counted, record -> unigram.count(tokens(record.value())));
    examples.sort(Comparator.comparingInt(Example::partition).thenComparing(Example::sequence));
    boolean complete =
        Arrays.stream(heldOutAt).allMatch(at -> at >= heldOutMax)
            && Arrays.stream(segmentsAt).allMatch(at -> at >= counted);
    return new HeldOutText(examples, unigram, textBytes, complete);
  }

  private static int[] tokens(Segment segment) {
    return TokenIds.decode(segment.getTokens(), segment.getWidth());
  }
}
