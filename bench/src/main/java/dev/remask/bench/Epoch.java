package dev.remask.bench;

import dev.remask.mlm.MaskingPolicy;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.Segment;
import dev.remask.schemas.Topic;
import dev.remask.topology.Counters;
import dev.remask.topology.MaskingPolicies;
import dev.remask.topology.MaskingTopology;
import dev.remask.topology.StreamSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;

/**
 * One epoch, masked once: the product's topology in this process, on a log of segments that is
 * there.
 *
 * @param run a name that none before it had
 * @param overrides of the product's configuration
 */
record Epoch(
    Logs logs, SegmentLog segments, StreamSettings settings, String run, Map<String, ?> overrides) {
  private static final int EPOCH = 1;
  private static final Duration MAX = Duration.ofMinutes(2);

  Topic<MaskedExample> examples() {
    return MaskingTopology.examples(settings.topics(), run, EPOCH, segments.partitions());
  }

  String group() {
    return settings.topics().maskerId(run, EPOCH);
  }

  private Topic<Segment> source() {
    return settings.topics().segments(segments.dataset().getName(), segments.partitions());
  }

  /**
   * Seconds from where Kafka Streams says RUNNING, the first segment not processed yet, until all
   * examples can be read by committed readers and the group has committed the end of the segments.
   */
  double secondsToCommitted() throws Exception {
    Map<Integer, Long> ends = logs.ends(source());
    return seconds(
        (streams, counters) ->
            counters.counts().examples() >= segments.size()
                && logs.hasCommitted(group(), source(), ends)
                && logs.isDecided(examples()));
  }

  /** Seconds from there until the last example has been sent to the broker, committed or not. */
  double secondsToSent() throws Exception {
    return seconds((streams, counters) -> sent(streams) >= segments.size());
  }

  private static double sent(KafkaStreams streams) {
    return streams.metrics().entrySet().stream()
        .filter(metric -> metric.getKey().name().equals("record-send-total"))
        .filter(metric -> metric.getKey().group().equals("producer-metrics"))
        .mapToDouble(metric -> ((Number) metric.getValue().metricValue()).doubleValue())
        .sum();
  }

  /** Asked as {@link TopologyRun.End} is. */
  private interface End {
    boolean isReached(KafkaStreams streams, Counters counters);
  }

  private double seconds(End end) throws Exception {
    Counters counters = new Counters();
    return new TopologyRun("epoch", topology(counters), config(), MAX)
        .seconds(streams -> end.isReached(streams, counters));
  }

  private Topology topology(Counters counters) {
    return MaskingTopology.build(
        run,
        EPOCH,
        plan(),
        segments.dataset(),
        settings.topics(),
        settings.clients(),
        () -> false,
        counters);
  }

  private EpochPlan plan() {
    return EpochPlan.newBuilder()
        .setDataset(segments.dataset().getName())
        .setSeed(1)
        .setPolicy(MaskingPolicies.encode(MaskingPolicy.ROBERTA))
        .setOrderWindow(4_096)
        .setEnds(segments.ends())
        .setPlannedAt(Instant.EPOCH)
        .build();
  }

  private Map<String, Object> config() {
    Map<String, Object> config = new HashMap<>(settings.masking(group()));
    config.putAll(overrides);
    return config;
  }
}
