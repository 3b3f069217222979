package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.schemas.LiveDelay;
import dev.remask.schemas.LiveRange;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.SourceLoss;
import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.CheckpointStore;
import dev.remask.trainer.Evaluator;
import dev.remask.trainer.FakeLearner;
import dev.remask.trainer.Ledger;
import dev.remask.trainer.Plans;
import dev.remask.trainer.Position;
import dev.remask.trainer.Recipe;
import dev.remask.trainer.Recipes;
import dev.remask.trainer.TrainingLoop;
import dev.remask.trainer.TrainingSummary;
import dev.remask.trainer.Until;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The loop over the logs of a run: live lane, two replays, verified, purged, redone. */
@Timeout(30)
class RunFeedTest {
  private static final Recipe RECIPE = Recipes.of(8, RunLogs.WINDOW, 3, 1);
  private final List<TrainingStep> steps = new ArrayList<>();

  private final class ListLedger implements Ledger {
    @Override
    public List<TrainingStep> after(long step) {
      return steps.stream().filter(s -> s.getStep() > step).toList();
    }

    @Override
    public boolean append(TrainingStep step, BooleanSupplier givesUp) {
      return steps.add(step);
    }

    @Override
    public boolean flush(BooleanSupplier givesUp) {
      return true;
    }

    @Override
    public void requireSole(BooleanSupplier givesUp) {}

    @Override
    public void close() {}
  }

  private static RunLogs planned() {
    RunLogs logs = new RunLogs(9, 40, 25, 13);
    logs.plan(0, List.of());
    logs.plan(1, List.of(30L, 20L, 0L));
    logs.plan(2, List.of(40L, 25L, 13L));
    logs.plans.keySet().forEach(logs::maskAll);
    return logs;
  }

  private TrainingSummary run(
      RunFeed feed, FakeLearner learner, CheckpointStore store, Position start, Until until)
      throws Exception {
    return new TrainingLoop(
            RECIPE,
            feed,
            new ListLedger(),
            learner,
            store,
            start,
            Evaluator.NONE,
            report -> {},
            () -> Instant.EPOCH,
            System::nanoTime)
        .run(until, () -> false);
  }

  @Test
  void learnsVerifiesAndRedoes() throws Exception {
    RunLogs logs = planned();
    FakeLearner learner = new FakeLearner();
    try (RunFeed feed = logs.feed(24, true)) {
      TrainingSummary summary = run(feed, learner, (p, l) -> {}, Position.start(3), Until.epoch(2));
      assertThat(summary.position())
          .isEqualTo(new Position(steps.size(), 2, 78, List.of(40L, 25L, 13L)));
      assertThat(summary.examples()).isEqualTo(78 + 50 + 78).isEqualTo(summary.verified());
      assertThat(feed.repeats()).isZero();
    }
    assertThat(steps)
        .allSatisfy(step -> assertThat(step.getExamplesSha256()).matches("[0-9a-f]{64}"))
        .map(TrainingStep::getExamplesSha256)
        .doesNotHaveDuplicates();
    for (TrainingStep step : steps) {
      boolean live = step.getEpoch() == 0;
      long scored = step.getSources().stream().mapToLong(SourceLoss::getTokens).sum();
      assertThat(scored).isEqualTo(live ? step.getMaskedTokens() : 0);
      assertThat(Optional.ofNullable(step.getDelay())).isEqualTo(delay(step));
    }
    assertThat(steps.get(0).getSources())
        .extracting(SourceLoss::getSource)
        .contains("p0", "p1", "s1", null);
    Set<String> seen = new HashSet<>();
    learner.learned.forEach(
        e -> assertThat(seen.add(e.epoch() + "/" + e.partition() + "/" + e.sequence())).isTrue());
    assertThat(seen).hasSize(78 + 50 + 78);
    FakeLearner redone = new FakeLearner();
    try (RunFeed feed = logs.feed(24, true)) {
      TrainingSummary summary = run(feed, redone, (p, l) -> {}, Position.start(3), Until.step(0));
      assertThat(summary.redone()).isEqualTo(steps.size());
      assertThat(summary.verified()).isZero();
    }
    assertThat(redone.parametersSha256()).isEqualTo(learner.parametersSha256());
  }

  /** From the ranges alone. */
  private static Optional<LiveDelay> delay(TrainingStep step) {
    List<Long> delays = new ArrayList<>();
    for (LiveRange range : step.getLiveRanges()) {
      for (long s = range.getStart(); s < range.getEnd(); s++) {
        delays.add(-InMemoryLog.arrivedMs(range.getPartition(), s));
      }
    }
    Collections.sort(delays);
    int last = delays.size() - 1;
    return delays.isEmpty()
        ? Optional.empty()
        : Optional.of(new LiveDelay(delays.get(last / 2), delays.get(last)));
  }

  /** As Kafka's consumer does: 500 records a poll, and the first poll has only asked for some. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void oneLookFindsAWholeBatch(int emptyPolls) throws Exception {
    RunLogs logs = new RunLogs(9, 700, 500, 300);
    logs.plan(0, List.of());
    logs.maskAll(0);
    logs.live.pollRecordsMax = 500;
    logs.live.emptyPolls = emptyPolls;
    try (RunFeed feed = logs.feed(4_096, false)) {
      assertThat(waiting(feed, 1_400)).isGreaterThanOrEqualTo(1_400);
      assertThat(waiting(feed, 2_000)).as("no more than there are").isEqualTo(1_500);
    }
  }

  private static long waiting(RunFeed feed, int enough) throws InterruptedException {
    List<Long> arrived = feed.arrived(List.of(0L, 0L, 0L), enough, Duration.ZERO);
    return arrived.stream().mapToLong(Long::longValue).sum();
  }

  /** Whole blocks are read, and ahead: what is not learned now does not count. */
  @Test
  void whatIsLearnedIsCountedAsVerifiedOnceWhereverItRestarts() throws Exception {
    RunLogs logs = planned();
    long learned = 0;
    long verified = 0;
    Position position = Position.start(3);
    while (position.epoch() < 2 || position.index() < 78) {
      try (RunFeed feed = logs.feed(24, true)) {
        Until until = Until.step(position.step() + 1);
        TrainingSummary summary = run(feed, new FakeLearner(), (p, l) -> {}, position, until);
        learned += summary.examples();
        verified += summary.verified();
        position = summary.position();
      }
    }
    assertThat(verified).isEqualTo(learned).isEqualTo(78 + 50 + 78);
    try (RunFeed feed = planned().feed(24, false)) {
      steps.clear();
      TrainingSummary summary =
          run(feed, new FakeLearner(), (p, l) -> {}, Position.start(3), Until.step(2));
      assertThat(summary.examples()).isPositive();
      assertThat(summary.verified()).isZero();
    }
  }

  /**
   * After each checkpoint the topics are cut there; a trainer that starts over must not miss it.
   */
  @Test
  void whatIsPurgedIsNeverNeededAgain() throws Exception {
    RunLogs whole = planned();
    FakeLearner unbroken = new FakeLearner();
    try (RunFeed feed = whole.feed(24, false)) {
      run(feed, unbroken, (p, l) -> {}, Position.start(3), Until.epoch(2));
    }
    int last = steps.size();
    for (int killedAfter = 1; killedAfter < last; killedAfter++) {
      steps.clear();
      Map<TopicPartition, Long> cuts = new TreeMap<>(new ByName());
      Position[] checkpoint = {Position.start(3)};
      FakeLearner learner = new FakeLearner();
      try (RunFeed feed = whole.feed(24, false)) {
        run(
            feed,
            learner,
            (position, l) -> {
              checkpoint[0] = position;
              cuts.putAll(feed.learned(position));
            },
            Position.start(3),
            Until.step(killedAfter));
      }
      RunLogs purged = cut(whole, cuts);
      FakeLearner next = new FakeLearner();
      try (RunFeed feed = purged.feed(24, false)) {
        run(feed, next, (p, l) -> {}, checkpoint[0], Until.epoch(2));
      }
      List<String> sequence = new ArrayList<>();
      learner.learned.forEach(
          e -> sequence.add(e.epoch() + "/" + e.partition() + "/" + e.sequence()));
      next.learned.forEach(e -> sequence.add(e.epoch() + "/" + e.partition() + "/" + e.sequence()));
      assertThat(sequence)
          .containsExactlyInAnyOrderElementsOf(
              unbroken.learned.stream()
                  .map(e -> e.epoch() + "/" + e.partition() + "/" + e.sequence())
                  .toList());
    }
  }

  private static final class ByName implements java.util.Comparator<TopicPartition> {
    @Override
    public int compare(TopicPartition a, TopicPartition b) {
      return a.toString().compareTo(b.toString());
    }
  }

  private static RunLogs cut(RunLogs whole, Map<TopicPartition, Long> cuts) {
    RunLogs left = new RunLogs(9, 40, 25, 13);
    left.plans.putAll(whole.plans);
    for (int p = 0; p < RunLogs.PARTITIONS; p++) {
      int partition = p;
      whole
          .live
          .from(p, cuts.getOrDefault(new TopicPartition("live", p), 0L))
          .forEach(record -> left.live.append(partition, record.getSequence(), record));
      whole
          .replays
          .from(p, cuts.getOrDefault(new TopicPartition("examples", p), 0L))
          .forEach(record -> left.replays.append(partition, record.getSequence(), record));
    }
    return left;
  }

  @Test
  void thePurgeFollowsTheCheckpoint() throws Exception {
    RunLogs logs = planned();
    try (RunFeed feed = logs.feed(24, false)) {
      TrainingSummary summary =
          run(feed, new FakeLearner(), (p, l) -> {}, Position.start(3), Until.epoch(1));
      Map<TopicPartition, Long> cuts = feed.learned(summary.position());
      assertThat(logs.live.from(0, cuts.get(new TopicPartition("live", 0)))).hasSize(10);
      assertThat(logs.replays.from(0, cuts.get(new TopicPartition("examples", 0)))).hasSize(40);
      assertThat(logs.replays.from(1, cuts.get(new TopicPartition("examples", 1)))).hasSize(25);
    }
  }

  /** An interval of the order means other examples under another window. */
  @Test
  void anotherWindowThanThePlansIsRefused() {
    RunLogs logs = planned();
    assertThatThrownBy(() -> logs.runPlans(32))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("order.window")
        .hasMessageContaining("32")
        .hasMessageContaining("16");
  }

  @Test
  void aRunWithoutPlanIsRefused() {
    RunLogs logs = new RunLogs(1, 1, 1, 1);
    assertThatThrownBy(() -> logs.runPlans(RunLogs.WINDOW))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("run.name");
  }

  private static final long SECOND_NS = 1_000_000_000;

  private static RunPlans plans(Supplier<SortedMap<Integer, PlannedEpoch>> reader) {
    AtomicLong nanoTime = new AtomicLong();
    return new RunPlans(
        reader,
        "run",
        "books",
        RunLogs.PARTITIONS,
        RunLogs.WINDOW,
        () -> nanoTime.addAndGet(SECOND_NS));
  }

  @Test
  void aRunThatWasDeletedMeanwhileStops() {
    RunLogs logs = planned();
    RunPlans plans = plans(() -> new TreeMap<>(logs.plans));
    Plans known = plans.now();
    logs.plans.clear();
    assertThatThrownBy(plans::now)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("run run was deleted");
    assertThat(plans.known()).isEqualTo(known);
  }

  /** A stop that comes while the plans cannot be read leaves the loop with those it has. */
  @Test
  void aStopLeavesThePlansAsTheyWere() {
    RunLogs logs = planned();
    AtomicBoolean stopped = new AtomicBoolean();
    Supplier<SortedMap<Integer, PlannedEpoch>> reader =
        () -> {
          if (stopped.get()) {
            throw new Stopped();
          }
          return new TreeMap<>(logs.plans);
        };
    RunPlans plans = plans(reader);
    Plans known = plans.now();
    stopped.set(true);
    assertThat(plans.now()).isEqualTo(known);
    assertThatThrownBy(() -> plans(reader)).isInstanceOf(Stopped.class);
  }

  /** Nothing that fails after a checkpoint was written may come from asking for plans. */
  @Test
  void thePurgeAsksNobody() {
    RunLogs logs = planned();
    AtomicBoolean away = new AtomicBoolean();
    RunPlans plans =
        plans(
            () -> {
              if (away.get()) {
                throw new TimeoutException("nobody there");
              }
              return new TreeMap<>(logs.plans);
            });
    RunFeed feed =
        new RunFeed(
            plans,
            RunLogs.WINDOW,
            RunLogs.examples(logs.live, 24),
            RunLogs.examples(logs.replays, 24),
            logs.segments(24),
            RunLogs::masker,
            RunLogs.VOCABULARY,
            logs.pairs,
            false,
            Position.start(RunLogs.PARTITIONS));
    away.set(true);
    assertThat(feed.learned(new Position(9, 1, 8, List.of(0L, 0L, 0L)))).isEmpty();
  }

  @Test
  void plansThatContradictEachOtherStop() {
    RunLogs logs = planned();
    PlannedEpoch second = logs.plans.get(2);
    var other = dev.remask.schemas.EpochPlan.newBuilder(second.plan()).setSeed(1).build();
    logs.plans.put(2, new PlannedEpoch("run", 2, other, false));
    assertThatThrownBy(() -> logs.runPlans(RunLogs.WINDOW))
        .isInstanceOf(IllegalStateException.class);
  }
}
