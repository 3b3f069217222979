package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.ReplayOrder.Range;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  /**
   * Text arrives, plans are made and steps are learned in any order. Whatever the order: each
   * sequence of the live lane once and ascending, each index of each epoch once and ascending, an
   * epoch only when the live lane has reached its bounds, and nothing left out in the end. While a
   * replay is under way and live text beyond its bounds is there, each has its share of the steps.
   */
  @Property(tries = 500)
  void everyExampleOnceAndInOrder(
      @ForAll @IntRange(min = 1, max = 5) int partitions,
      @ForAll @IntRange(min = 1, max = 40) int size,
      @ForAll @IntRange(max = 60) int rampSteps,
      @ForAll boolean live,
      @ForAll @DoubleRange(max = 1) double share,
      @ForAll long seed) {
    Random random = new Random(seed);
    LogicalBatch batch = new LogicalBatch(size, rampSteps, 1 + random.nextInt(size));
    List<Long> segments = new ArrayList<>(Collections.nCopies(partitions, 0L));
    TreeMap<Integer, List<Long>> replays = new TreeMap<>();
    List<Work.Step> learned = new ArrayList<>();
    Position position = Position.start(partitions);
    Shares shares = new Shares(share);
    for (int event = 0; event < 200; event++) {
      int kind = random.nextInt(20);
      if (kind < 8) {
        int p = random.nextInt(partitions);
        segments.set(p, segments.get(p) + random.nextInt(30));
      } else if (kind == 8 && replays.size() < 4) {
        replays.put(replays.size() + 1, List.copyOf(segments));
      } else {
        Plans plans = new Plans(1, "d", partitions, live, replays);
        Work work = Schedule.next(position, plans, segments, batch, share, Until.STOPPED);
        if (work instanceof Work.Step step) {
          requireFair(step, plans, position, segments, batch.at(position.step() + 1));
          shares.require(step, plans, position, segments, batch);
          position = position.after(step);
          learned.add(step);
        }
      }
    }
    Plans plans = new Plans(1, "d", partitions, live, replays);
    Until until = Until.epoch(replays.size());
    Work work = Schedule.next(position, plans, segments, batch, share, until);
    while (work instanceof Work.Step step) {
      shares.require(step, plans, position, segments, batch);
      position = position.after(step);
      learned.add(step);
      work = Schedule.next(position, plans, segments, batch, share, until);
    }
    assertThat(work).isEqualTo(new Work.Done());
    requireComplete(learned, plans, live);
  }

  /** Counts, whenever both lanes have something, how many steps each had since that is so. */
  private static final class Shares {
    private final double share;
    private long both;
    private long live;

    Shares(double share) {
      this.share = share;
    }

    void require(
        Work.Step step, Plans plans, Position position, List<Long> segments, LogicalBatch batch) {
      long beyond = 0;
      long behind = 0;
      long replayed = 0;
      for (int epoch : plans.replays().keySet()) {
        boolean begun = epoch == position.epoch();
        replayed =
            epoch < position.epoch() ? 0 : plans.size(epoch) - (begun ? position.index() : 0);
        if (replayed > 0) {
          behind = begun ? 0 : count(position.live(), plans.ends(epoch));
          break;
        }
      }
      beyond = count(position.live(), segments);
      boolean bothThere =
          plans.live() && replayed > 0 && behind == 0 && beyond >= batch.at(position.step() + 1);
      both = bothThere ? both + 1 : 0;
      live = bothThere ? live + (step instanceof Work.Live ? 1 : 0) : 0;
      assertThat(Math.abs(live - share * both)).isLessThan(1 + 1e-9);
      if (!bothThere && replayed > 0 && behind == 0) {
        assertThat(step).as("nobody waits for the other").isInstanceOf(Work.Replay.class);
      }
    }

    private static long count(List<Long> from, List<Long> to) {
      long count = 0;
      for (int p = 0; p < from.size(); p++) {
        count += Math.max(0, to.get(p) - from.get(p));
      }
      return count;
    }
  }

  /** Less than one step away from the share, wherever one begins to count. */
  @Property
  void theLanesTakeTurns(
      @ForAll @DoubleRange(max = 1) double share,
      @ForAll @LongRange(min = 1, max = 1_000_000_000) long first,
      @ForAll @IntRange(min = 1, max = 500) int steps) {
    long live = 0;
    for (long step = first; step < first + steps; step++) {
      live += Schedule.isLive(step, share) ? 1 : 0;
    }
    assertThat(Math.abs(live - share * steps)).isLessThan(1 + 1e-6);
  }

  private static void requireFair(
      Work.Step step, Plans plans, Position position, List<Long> segments, int batch) {
    if (step instanceof Work.Live lane) {
      long size = lane.ranges().stream().mapToLong(r -> r.end() - r.start()).sum();
      boolean pending =
          plans.replays().tailMap(position.epoch(), false).values().stream()
              .anyMatch(ends -> ends.stream().anyMatch(end -> end > 0));
      assertThat(size).isLessThanOrEqualTo(batch);
      if (!pending) {
        assertThat(size).isEqualTo(batch);
      }
      for (Range range : lane.ranges()) {
        assertThat(range.end()).isLessThanOrEqualTo(segments.get(range.partition()));
      }
    } else if (step instanceof Work.Replay replay) {
      assertThat(replay.end() - replay.start()).isBetween(1L, (long) batch);
      List<Long> ends = plans.ends(replay.epoch());
      for (int p = 0; p < ends.size() && plans.live(); p++) {
        assertThat(position.live().get(p)).isGreaterThanOrEqualTo(ends.get(p));
      }
    }
  }

  /** An oracle of its own: it looks at what was learned, not at positions. */
  private static void requireComplete(List<Work.Step> learned, Plans plans, boolean live) {
    long[] next = new long[plans.partitions()];
    TreeMap<Integer, Long> index = new TreeMap<>();
    for (Work.Step step : learned) {
      if (step instanceof Work.Live lane) {
        for (Range range : lane.ranges()) {
          assertThat(range.start()).isEqualTo(next[range.partition()]);
          assertThat(range.end()).isGreaterThan(range.start());
          next[range.partition()] = range.end();
        }
      } else if (step instanceof Work.Replay replay) {
        assertThat(index.isEmpty() || replay.epoch() >= index.lastKey()).isTrue();
        assertThat(replay.start()).isEqualTo(index.getOrDefault(replay.epoch(), 0L));
        index.put(replay.epoch(), replay.end());
      }
    }
    plans
        .replays()
        .forEach(
            (epoch, ends) -> {
              assertThat(index.getOrDefault(epoch, 0L)).isEqualTo(plans.size(epoch));
              for (int p = 0; p < ends.size() && live; p++) {
                assertThat(next[p]).isGreaterThanOrEqualTo(ends.get(p));
              }
            });
  }

  /** As few steps as the batch allows, of sizes that differ by one at most, the larger first. */
  @Property
  void stepsOfOneBatchAreEqual(
      @ForAll @LongRange(min = 1, max = 5_000) long size,
      @ForAll @IntRange(min = 1, max = 600) int batch) {
    long steps = (long) Math.ceil(size / (double) batch);
    long start = 0;
    for (long k = 0; k < steps; k++) {
      Work.Replay step = Schedule.replayStep(1, start, size, batch);
      assertThat(step.start()).isEqualTo(start);
      assertThat(step.end() - start).isEqualTo(size / steps + (k < size % steps ? 1 : 0));
      start = step.end();
    }
    assertThat(start).isEqualTo(size);
  }

  /**
   * Under a ramp, from any place at any step: every index once, no step above its batch or empty,
   * and a start in the middle takes the same steps as the run that was there.
   */
  @Property
  void everyIndexIsInOneStepWhateverTheRamp(
      @ForAll @LongRange(min = 1, max = 5_000) long size,
      @ForAll @LongRange(max = 4_999) long anyFrom,
      @ForAll @IntRange(min = 1, max = 600) int most,
      @ForAll @IntRange(max = 50) int rampSteps,
      @ForAll @IntRange(min = 1, max = 600) int anyStart,
      @ForAll @IntRange(min = 1, max = 60) int first) {
    LogicalBatch batch = new LogicalBatch(most, rampSteps, Math.min(anyStart, most));
    long from = anyFrom % size;
    int[] learned = new int[(int) size];
    List<Work.Replay> steps = steps(from, size, batch, first);
    for (int k = 0; k < steps.size(); k++) {
      Work.Replay step = steps.get(k);
      assertThat(step.end() - step.start()).isBetween(1L, (long) batch.at(first + k));
      for (long index = step.start(); index < step.end(); index++) {
        learned[(int) index]++;
      }
    }
    for (int index = 0; index < size; index++) {
      assertThat(learned[index]).isEqualTo(index < from ? 0 : 1);
    }
    int middle = steps.size() / 2;
    assertThat(steps(steps.get(middle).start(), size, batch, first + middle))
        .isEqualTo(steps.subList(middle, steps.size()));
  }

  private static List<Work.Replay> steps(long from, long size, LogicalBatch batch, long first) {
    List<Work.Replay> steps = new ArrayList<>();
    for (long start = from; start < size; ) {
      Work.Replay step = Schedule.replayStep(1, start, size, batch.at(first + steps.size()));
      steps.add(step);
      start = step.end();
    }
    return steps;
  }

  @Test
  void largeEpochsDoNotOverflow() {
    long size = Long.MAX_VALUE;
    Work.Replay last = Schedule.replayStep(1, size - 1, size, 1);
    assertThat(last.end()).isEqualTo(size);
    assertThat(Schedule.replayStep(1, 0, size, 1 << 20).end()).isEqualTo(1 << 20);
  }

  @Test
  void refusesAnIndexOutsideOfTheEpoch() {
    for (long index : new long[] {-1, 10, 11}) {
      assertThatThrownBy(() -> Schedule.replayStep(1, index, 10, 5))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("index " + index);
    }
  }

  @Test
  void sharesEvenlyAndGivesTheRestToThoseWhoHaveMore() {
    assertThat(Schedule.share(List.of(0L, 10L, 0L), List.of(100L, 12L, 100L), 10))
        .containsExactly(new Range(0, 0, 4), new Range(1, 10, 12), new Range(2, 0, 4));
    assertThat(Schedule.share(List.of(5L, 0L), List.of(3L, 0L), 10)).isEmpty();
  }

  @Test
  void waitsForAWholeBatchWhenNothingIsPlanned() {
    Plans plans = new Plans(1, "d", 2, true, new TreeMap<>());
    Position start = Position.start(2);
    LogicalBatch batch = LogicalBatch.constant(8);
    assertThat(Schedule.next(start, plans, List.of(3L, 4L), batch, 0, Until.STOPPED))
        .isEqualTo(new Work.Wait());
    assertThat(Schedule.next(start, plans, List.of(4L, 4L), batch, 0, Until.STOPPED))
        .isEqualTo(new Work.Live(List.of(new Range(0, 0, 4), new Range(1, 0, 4))));
  }
}
