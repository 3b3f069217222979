package dev.remask.topology;

import dev.remask.mlm.Masked;
import dev.remask.mlm.Masker;
import dev.remask.schemas.Arrival;
import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.Segment;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.SourceSpans;
import dev.remask.schemas.TokenIds;
import dev.remask.schemas.TokenWidth;
import dev.remask.schemas.Topic;
import dev.remask.schemas.Topics;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * Segments to masked examples, for one epoch of one run.
 *
 * <pre>
 * segments -> mask (the plan: seed, policy, ends) -> examples
 * </pre>
 *
 * The live lane (epoch 0) and the replays are this one topology with other ends. It keeps no state:
 * a mask is a function of the plan and the segment's place (invariant 1), so whoever runs it, and
 * however often, writes the same examples.
 */
public final class MaskingTopology {
  static final String SOURCE = "segments";
  static final String MASK = "mask";
  static final String EXAMPLES = "examples";

  private MaskingTopology() {}

  /** Where an epoch's examples go: the live lane has a topic of its own. */
  public static Topic<MaskedExample> examples(
      Topics topics, String run, int epoch, int partitions) {
    return epoch == 0 ? topics.live(run, partitions) : topics.examples(run, partitions);
  }

  /**
   * The masker of one epoch.
   *
   * @param config as {@link AvroSerdes#of} takes it
   * @param done whether all examples of the epoch are in the log; asked when a task is assigned.
   *     From then on this instance is in the group, so nobody can delete it; if the epoch is done
   *     by then, the group is a new one that knows nothing, and the task must not begin again
   * @param counters told what is done
   */
  public static Topology build(
      String run,
      int epoch,
      EpochPlan plan,
      Dataset dataset,
      Topics topics,
      Map<String, ?> config,
      BooleanSupplier done,
      Counters counters) {
    int partitions = dataset.getPartitions();
    if (plan.getEnds() != null && plan.getEnds().size() != partitions) {
      throw new IllegalStateException(
          "the plan of epoch %d of %s has %d ends, but dataset %s has %d partitions"
              .formatted(epoch, run, plan.getEnds().size(), dataset.getName(), partitions));
    }
    String segments = topics.segments(dataset.getName(), partitions).name();
    Supplier<Masker> maskers = MaskingPolicies.maskers(plan, dataset);
    TokenWidth width = TokenIds.widthFor(dataset.getVocabularySize());
    return new Topology()
        .addSource(
            AutoOffsetReset.earliest(),
            SOURCE,
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer(),
            segments)
        .addProcessor(
            MASK,
            () ->
                new MaskProcessor(
                    segments, epoch, plan.getEnds(), maskers.get(), width, config, done, counters),
            SOURCE)
        .addSink(
            EXAMPLES,
            examples(topics, run, epoch, partitions).name(),
            SequenceKeys.SERIALIZER,
            AvroSerdes.of(MaskedExample.class, config).serializer(),
            SequenceKeys.partitioner(),
            MASK);
  }

  /** Drops what the plan does not hold, masks the rest. */
  static final class MaskProcessor
      extends ContextualProcessor<byte[], byte[], SequenceKey, MaskedExample> {
    private final String topic;
    private final int epoch;
    private final @Nullable List<Long> ends;
    private final Masker masker;
    private final TokenWidth width;
    private final Deserializer<Segment> segments;
    private final BooleanSupplier done;
    private final Counters counters;
    private boolean idle;

    MaskProcessor(
        String topic,
        int epoch,
        @Nullable List<Long> ends,
        Masker masker,
        TokenWidth width,
        Map<String, ?> config,
        BooleanSupplier done,
        Counters counters) {
      this.topic = topic;
      this.epoch = epoch;
      this.ends = ends;
      this.masker = masker;
      this.width = width;
      this.segments = AvroSerdes.of(Segment.class, config).deserializer();
      this.done = done;
      this.counters = counters;
    }

    @Override
    public void init(ProcessorContext<SequenceKey, MaskedExample> context) {
      super.init(context);
      idle = done.getAsBoolean();
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      if (idle) {
        return;
      }
      SequenceKey key = SequenceKey.decode(record.key());
      if (key.partition() != context().taskId().partition()) {
        throw new IllegalStateException(
            key + " is in partition " + context().taskId().partition() + " of the segments");
      }
      // Bounds follow from the sequence, never from offsets (invariant 3).
      if (ends != null && key.sequence() >= ends.get(key.partition())) {
        return;
      }
      Segment segment = segments.deserialize(topic, record.headers(), record.value());
      context()
          .forward(
              new Record<>(
                  key, mask(key, segment), record.timestamp(), Arrival.only(record.headers())));
      counters.example();
    }

    private MaskedExample mask(SequenceKey key, Segment segment) {
      if (segment.getPartition() != key.partition() || segment.getSequence() != key.sequence()) {
        throw new IllegalStateException(
            "the segment with %s says it is %d of partition %d"
                .formatted(key, segment.getSequence(), segment.getPartition()));
      }
      int[] tokens = TokenIds.decode(segment.getTokens(), segment.getWidth());
      Masked masked = masker.mask(epoch, key.partition(), key.sequence(), tokens);
      return new MaskedExample(
          epoch,
          key.partition(),
          key.sequence(),
          width,
          TokenIds.encode(masked.inputs(), width),
          TokenIds.encode(masked.positions(), TokenWidth.U16_LE),
          TokenIds.encode(masked.labels(), width),
          segment.getSecondPart(),
          segment.getNextSentence(),
          SourceSpans.of(segment));
    }
  }
}
