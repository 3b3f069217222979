package dev.remask.trainer.log;

import dev.remask.mlm.Masker;
import dev.remask.mlm.ReplayOrder.Range;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.Segment;
import dev.remask.trainer.ExampleSource;
import dev.remask.trainer.Feed;
import dev.remask.trainer.Plans;
import dev.remask.trainer.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** The logs of one run. Closing it closes them. */
final class RunFeed implements Feed, AutoCloseable {
  /** A poll gives out some hundreds of records, and the next ones may have to be fetched. */
  private static final Duration FETCH = Duration.ofMillis(5);

  /** Of polls in a row: one may find nothing but the end of a transaction. */
  private static final int NOTHING_MAX = 2;

  private final RunPlans plans;
  private final int window;
  private final SequencedLog<MaskedExample> live;
  private final SequencedLog<MaskedExample> replays;
  private final SequencedLog<Segment> segments;
  private final RecomputedExamples recomputed;
  private final ExampleSource examples;
  private final Position purged;
  private final List<Long> arrivals = new ArrayList<>(); // guarded by itself

  /**
   * @param window W
   * @param masking a plan's mask function
   * @param pairs whether the segments have two parts
   * @param verify whether new examples are compared with recomputed ones
   * @param purged up to where the topics may have lost examples that are to be learned again
   */
  RunFeed(
      RunPlans plans,
      int window,
      SequencedLog<MaskedExample> live,
      SequencedLog<MaskedExample> replays,
      SequencedLog<Segment> segments,
      Function<EpochPlan, Masker> masking,
      int vocabularySize,
      boolean pairs,
      boolean verify,
      Position purged) {
    this.plans = plans;
    this.window = window;
    this.live = live;
    this.replays = replays;
    this.segments = segments;
    this.recomputed = new RecomputedExamples(segments, plans::plan, masking, pairs);
    TopicExamples topic = new TopicExamples(live, replays, vocabularySize, pairs, this::arrived);
    ExampleSource there = verify ? new VerifiedExamples(topic, recomputed) : topic;
    this.examples = purged.step() == 0 ? there : new PurgedExamples(purged, there, recomputed);
    this.purged = purged;
  }

  @Override
  public Plans plans() {
    return plans.now();
  }

  @Override
  public ExampleSource examples() {
    return examples;
  }

  @Override
  public ExampleSource recomputed() {
    return recomputed;
  }

  @Override
  public List<Long> arrived(List<Long> from, int enough, Duration atMost)
      throws InterruptedException {
    for (int p = 0; p < from.size(); p++) {
      live.start(p, new Place(0, Math.max(from.get(p), purged.live().get(p))));
    }
    Duration wait = atMost;
    int nothing = 0;
    while (nothing < NOTHING_MAX && waiting(from) < enough) {
      nothing = live.poll(wait) == 0 ? nothing + 1 : 0;
      wait = FETCH;
    }
    return IntStream.range(0, from.size()).mapToObj(p -> live.arrived(p).sequence()).toList();
  }

  private long waiting(List<Long> from) {
    return IntStream.range(0, from.size())
        .mapToLong(p -> live.arrived(p).sequence() - from.get(p))
        .sum();
  }

  private void arrived(long ms) {
    synchronized (arrivals) {
      arrivals.add(ms);
    }
  }

  @Override
  public List<Long> arrivals() {
    synchronized (arrivals) {
      List<Long> since = List.copyOf(arrivals);
      arrivals.clear();
      return since;
    }
  }

  /** Examples that came again and were dropped. Any thread. */
  long repeats() {
    return live.repeats() + replays.repeats();
  }

  /** The offset after the last example taken, per partition. Any thread. */
  Map<TopicPartition, OffsetAndMetadata> offsets() {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>(live.offsets());
    offsets.putAll(replays.offsets());
    return offsets;
  }

  /**
   * Below which offsets the topics hold nothing that a trainer at {@code position} would read: it
   * begins with the whole shuffled block that the position lies in. Only of what was read here.
   */
  Map<TopicPartition, Long> learned(Position position) {
    Map<TopicPartition, Long> learned = new HashMap<>();
    for (int p = 0; p < position.live().size(); p++) {
      put(learned, live, p, new Place(0, position.live().get(p)));
    }
    int epoch = position.epoch();
    if (epoch == 0) {
      return learned;
    }
    var order = plans.known().order(epoch, window);
    if (position.index() < order.size()) {
      for (Range range : order.block(position.index() / window)) {
        put(learned, replays, range.partition(), new Place(epoch, range.start()));
      }
    } else {
      for (int p = 0; p < position.live().size(); p++) {
        put(learned, replays, p, new Place(epoch + 1, 0));
      }
    }
    return learned;
  }

  private static void put(
      Map<TopicPartition, Long> learned, SequencedLog<?> log, int partition, Place place) {
    OptionalLong offset = log.boundaries(partition).before(place);
    if (offset.isPresent()) {
      learned.put(log.partition(partition), offset.getAsLong());
    }
  }

  @Override
  public void close() {
    live.close();
    replays.close();
    segments.close();
  }
}
