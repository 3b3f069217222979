package dev.remask.bench;

import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.Replication;
import dev.remask.schemas.Segment;
import dev.remask.schemas.Topic;
import dev.remask.schemas.Topics;
import dev.remask.topology.StreamSettings;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.StreamsConfig;

/**
 * Segments a second of a whole epoch: from the log of segments to masked examples that committed
 * readers see, Avro and registry on both sides, exactly once, one stream thread, the broker on the
 * same machine. Every run has a topic of its own, which is read back and deleted after it.
 */
final class EpochBenchmark implements Benchmark {
  private static final String UNIT = "segments/s";
  private static final int EACH = 37_500;

  private static final Map<String, Object> SHIPPED = Map.of();
  private static final Map<String, Object> AT_LEAST_ONCE =
      Map.of(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
  private static final Map<String, Object> SELDOM =
      Map.of(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1_000);

  /** What is timed of an epoch. */
  private interface Clock {
    double seconds(Epoch epoch) throws Exception;
  }

  @Override
  public List<Row> run(Setup setup) throws Exception {
    try (Stack stack = new Stack(setup.program());
        Logs logs = new Logs(stack.clients())) {
      StreamSettings settings =
          new StreamSettings(
              stack.clients(),
              new Topics("remask."),
              stack.folder().resolve("streams"),
              1,
              StreamSettings.COMMIT_INTERVAL_MS,
              Long.MAX_VALUE,
              Replication.ONE,
              Duration.ofMinutes(1));
      SegmentLog segments = SegmentLog.of(EACH);
      Topic<Segment> topic =
          settings.topics().segments(segments.dataset().getName(), segments.partitions());
      logs.make(topic);
      segments.write(stack.clients(), topic);
      logs.readWhole(topic, EACH, Logs.NOTHING);
      return new Session(setup, logs, settings, segments).rows();
    }
  }

  private static final class Session {
    private final Setup setup;
    private final Logs logs;
    private final StreamSettings settings;
    private final SegmentLog segments;
    private int runs;

    Session(Setup setup, Logs logs, StreamSettings settings, SegmentLog segments) {
      this.setup = setup;
      this.logs = logs;
      this.settings = settings;
      this.segments = segments;
    }

    List<Row> rows() throws Exception {
      RawProducer raw = new RawProducer(settings.masking("raw"), segments);
      rate(SHIPPED, Epoch::secondsToCommitted, raw::keep);
      setup
          .notes()
          .accept(
              String.format(
                  Locale.ROOT,
                  "epoch: %,d segments of 512 tokens in %d partitions become %.0f MB of examples",
                  segments.size(),
                  segments.partitions(),
                  raw.bytes() / 1e6));
      Row epoch = against("epoch", "raw producer", Epoch::secondsToCommitted, () -> produce(raw));
      raw.forget();
      return List.of(
          epoch,
          against("epoch-alos", "at least once", Epoch::secondsToCommitted, AT_LEAST_ONCE),
          against("epoch-interval", "commits every 1,000 ms", Epoch::secondsToSent, SELDOM));
    }

    private Row against(String name, String peer, Clock clock, Map<String, ?> overrides)
        throws Exception {
      return against(name, peer, clock, () -> rate(overrides, clock, Logs.NOTHING));
    }

    private Row against(String name, String peer, Clock clock, Measure.Run theirs)
        throws Exception {
      return new Measure(name, UNIT, setup.runs())
          .against(
              peer,
              () -> rate(SHIPPED, clock, Logs.NOTHING),
              theirs,
              ratios -> setup.notes().accept(range(name, ratios)));
    }

    private static String range(String name, double[] ratios) {
      return String.format(
          Locale.ROOT,
          "%s: ratios of the pairs from %.2f to %.2f",
          name,
          Arrays.stream(ratios).min().orElseThrow(),
          Arrays.stream(ratios).max().orElseThrow());
    }

    /** Of one epoch, which is deleted again. */
    private double rate(
        Map<String, ?> overrides, Clock clock, Consumer<ConsumerRecord<byte[], byte[]>> read)
        throws Exception {
      Epoch epoch = new Epoch(logs, segments, settings, "run-" + runs++, overrides);
      logs.make(epoch.examples());
      double seconds = clock.seconds(epoch);
      logs.readWhole(epoch.examples(), EACH, read);
      logs.delete(epoch.examples());
      logs.deleteGroup(epoch.group());
      return segments.size() / seconds;
    }

    private double produce(RawProducer raw) throws Exception {
      Topic<MaskedExample> topic =
          settings.topics().examples("raw-" + runs++, segments.partitions());
      logs.make(topic);
      double seconds = raw.seconds(topic.name());
      logs.readWhole(topic, EACH, Logs.NOTHING);
      logs.delete(topic);
      return segments.size() / seconds;
    }
  }
}
