package dev.remask.topology;

import dev.remask.schemas.Dataset;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.Topics;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The masker of one epoch in this instance: starts when there is room, waits when there is none,
 * knows when the epoch is done. Others may run the same epoch; the group shares the partitions.
 */
final class EpochMasker {
  private static final Logger LOG = LoggerFactory.getLogger(EpochMasker.class);

  private final Admin admin;
  private final StreamSettings settings;
  private final PlannedEpoch epoch;
  private final int partitions;
  private final String group;
  private final String segments;
  private final String examples;
  private final @Nullable Map<Integer, Long> stops;
  private final Topologies topologies;
  private final Counters counters;
  private final RunningTopology running;
  private boolean started;
  private boolean waiting;
  private long masked;
  private long total;

  /**
   * Partitions in which the group has passed the last segment of the plan; replaced, not changed.
   */
  private Set<Integer> passed = Set.of();

  EpochMasker(
      Admin admin,
      StreamSettings settings,
      Dataset dataset,
      PlannedEpoch epoch,
      Topologies topologies,
      Counters counters) {
    this.admin = admin;
    this.settings = settings;
    this.epoch = epoch;
    this.partitions = dataset.getPartitions();
    this.group = settings.topics().maskerId(epoch.run(), epoch.epoch());
    this.segments = settings.topics().segments(dataset.getName(), partitions).name();
    this.examples =
        MaskingTopology.examples(settings.topics(), epoch.run(), epoch.epoch(), partitions).name();
    this.stops = stops(epoch.plan());
    this.total = epoch.examples().orElse(0);
    this.topologies = topologies;
    this.counters = counters;
    this.running =
        topologies.open(
            MaskingTopology.build(
                epoch.run(),
                epoch.epoch(),
                epoch.plan(),
                dataset,
                settings.topics(),
                settings.clients(),
                this::isDone,
                counters),
            settings.masking(group),
            segments);
  }

  /**
   * Offsets behind all segments of the plan, where it has an end. The plan names sequences that
   * were committed when it was written, so the end of what is committed now lies behind each of
   * them; segments in between are read and dropped.
   */
  private @Nullable Map<Integer, Long> stops(EpochPlan plan) {
    List<Long> ends = plan.getEnds();
    if (ends == null) {
      return null;
    }
    Map<Integer, Long> stops = GroupProgress.stableEnds(admin, segments, partitions);
    stops.keySet().removeIf(partition -> ends.get(partition) == 0);
    return stops;
  }

  private boolean isDone() {
    if (stops == null) {
      return false;
    }
    try (PlanReader plans = new PlanReader(settings.clients(), settings.topics())) {
      plans.readToEnd();
      PlannedEpoch now = plans.epochs(epoch.run()).get(epoch.epoch());
      return now != null && now.done();
    }
  }

  int epoch() {
    return epoch.epoch();
  }

  /** As it was when this masker was made. */
  PlannedEpoch planned() {
    return epoch;
  }

  /** The partitions in which anyone still has something to mask; none means a replay is done. */
  Set<Integer> unfinished() {
    Map<Integer, Long> ends =
        stops == null ? GroupProgress.stableEnds(admin, segments, partitions) : stops;
    Map<Integer, Long> committed = GroupProgress.committed(admin, group, segments);
    Set<Integer> unfinished = new TreeSet<>(ends.keySet());
    unfinished.removeIf(
        partition -> committed.getOrDefault(partition, 0L) >= ends.getOrDefault(partition, 0L));
    // What is left may be markers and aborted records alone: a task that begins there, after a
    // kill, reads no record and so commits no offset.
    unfinished.removeAll(passed);
    return unfinished;
  }

  /** Starts, pauses or resumes (invariant 10). It is not started while it would have to wait. */
  void regulate(
      Backpressure backpressure, Set<Integer> unfinished, SortedMap<Integer, PlannedEpoch> plans) {
    Set<Integer> own = started ? new TreeSet<>(running.partitions()) : unfinished;
    own.retainAll(unfinished);
    boolean wait = backpressure.mustWait(examples, partitions, own, plans);
    if (wait && !waiting) {
      counters.pause();
    }
    waiting = wait;
    if (started) {
      running.pause(wait);
    } else if (!wait) {
      running.start();
      started = true;
    }
  }

  /**
   * Counts what is masked, by whomever: the sequence of the segment that the group reads next.
   *
   * @param log for reading single records
   */
  void measure(LogEdges log) {
    @Nullable List<Long> ends = epoch.plan().getEnds();
    Map<Integer, Long> committed = GroupProgress.committed(admin, group, segments);
    long maskedSum = 0;
    long totalSum = 0;
    Set<Integer> ended = new TreeSet<>();
    for (int p = 0; p < partitions; p++) {
      TopicPartition partition = new TopicPartition(segments, p);
      long end =
          ends == null
              ? log.last(partition).map(last -> MaskerProgress.sequence(last) + 1).orElse(0L)
              : ends.get(p);
      long next = MaskerProgress.next(log, partition, committed);
      if (ends != null && next >= end) {
        ended.add(p);
      }
      maskedSum += Math.min(next, end);
      totalSum += end;
    }
    passed = ended;
    masked = maskedSum;
    total = totalSum;
  }

  StreamStatus.Lane status() {
    return new StreamStatus.Lane(
        epoch.epoch(), running.state(), !started || running.paused(), masked, total);
  }

  /** It has no store, so Kafka Streams has made no folder for it that would have to go. */
  void close(Duration max) {
    topologies.close(running, max);
  }

  /**
   * Deletes the groups of epochs that are done. One that still has a member, alive or just killed,
   * stays until the next call.
   */
  static void deleteGroups(Admin admin, Topics topics, Collection<PlannedEpoch> done) {
    Set<String> groups =
        done.stream()
            .map(epoch -> topics.maskerId(epoch.run(), epoch.epoch()))
            .collect(Collectors.toSet());
    Map<String, KafkaFuture<Void>> answers = admin.deleteConsumerGroups(groups).deletedGroups();
    answers.forEach(
        (group, answer) -> {
          try {
            GroupProgress.get(answer);
            LOG.debug("{} deleted", group);
          } catch (GroupNotEmptyException e) {
            LOG.debug("{} still has a member", group);
          } catch (GroupIdNotFoundException e) {
            LOG.trace("{} is not there", group);
          }
        });
  }
}
