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
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  /**
   * Text arrives, plans are made and steps are learned in any order. Whatever the order: each
   * sequence of the live lane once and ascending, each index of each epoch once and ascending, an
   * epoch only when the live lane has reached its bounds, and nothing left out in the end.
   */
  @Property(tries = 500)
  void everyExampleOnceAndInOrder(
      @ForAll @IntRange(min = 1, max = 5) int partitions,
      @ForAll @IntRange(min = 1, max = 40) int batch,
      @ForAll boolean live,
      @ForAll long seed) {
    Random random = new Random(seed);
    List<Long> segments = new ArrayList<>(Collections.nCopies(partitions, 0L));
    TreeMap<Integer, List<Long>> replays = new TreeMap<>();
    List<Work.Step> learned = new ArrayList<>();
    Position position = Position.start(partitions);
    for (int event = 0; event < 200; event++) {
      int kind = random.nextInt(20);
      if (kind < 8) {
        int p = random.nextInt(partitions);
        segments.set(p, segments.get(p) + random.nextInt(30));
      } else if (kind == 8 && replays.size() < 4) {
        replays.put(replays.size() + 1, List.copyOf(segments));
      } else {
        Plans plans = new Plans(1, "d", partitions, live, replays);
        Work work = Schedule.next(position, plans, segments, batch, Until.STOPPED);
        if (work instanceof Work.Step step) {
          requireFair(step, plans, position, segments, batch);
          position = position.after(step);
          learned.add(step);
        }
      }
    }
    Plans plans = new Plans(1, "d", partitions, live, replays);
    Until until = Until.epoch(replays.size());
    Work work = Schedule.next(position, plans, segments, batch, until);
    while (work instanceof Work.Step step) {
      position = position.after(step);
      learned.add(step);
      work = Schedule.next(position, plans, segments, batch, until);
    }
    assertThat(work).isEqualTo(new Work.Done());
    requireComplete(learned, plans, live);
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
      long steps = (plans.size(replay.epoch()) + batch - 1) / batch;
      long even = plans.size(replay.epoch()) / steps;
      assertThat(replay.end() - replay.start())
          .isBetween(even, even + 1)
          .isLessThanOrEqualTo(batch);
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

  @Property
  void stepsOfAnEpochAreTheIntervalsOfTheirDefinition(
      @ForAll @LongRange(min = 1, max = 5_000) long size,
      @ForAll @IntRange(min = 1, max = 600) int batch) {
    long steps = (long) Math.ceil(size / (double) batch);
    long start = 0;
    for (long k = 0; k < steps; k++) {
      Work.Replay step = Schedule.replayStep(1, start, size, batch);
      assertThat(step.start()).isEqualTo((long) Math.floor(k * (double) size / steps));
      assertThat(step.end()).isEqualTo((long) Math.floor((k + 1) * (double) size / steps));
      start = step.end();
    }
    assertThat(start).isEqualTo(size);
  }

  @Test
  void largeEpochsDoNotOverflow() {
    long size = 2_000_000_000L;
    Work.Replay last = Schedule.replayStep(1, size - 1, size, 1);
    assertThat(last.end()).isEqualTo(size);
  }

  @Test
  void refusesAnIndexInsideAStep() {
    assertThatThrownBy(() -> Schedule.replayStep(1, 3, 10, 5))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("index 3");
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
    assertThat(Schedule.next(start, plans, List.of(3L, 4L), 8, Until.STOPPED))
        .isEqualTo(new Work.Wait());
    assertThat(Schedule.next(start, plans, List.of(4L, 4L), 8, Until.STOPPED))
        .isEqualTo(new Work.Live(List.of(new Range(0, 0, 4), new Range(1, 0, 4))));
  }
}
