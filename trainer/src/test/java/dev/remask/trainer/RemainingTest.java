package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RemainingTest {
  private static long size(Work.Step work) {
    return work instanceof Work.Replay replay
        ? replay.end() - replay.start()
        : ((Work.Live) work).ranges().stream().mapToLong(r -> r.end() - r.start()).sum();
  }

  /** What is told at each position is what the schedule then takes, example by example. */
  @Property(tries = 300)
  void isWhatTheScheduleStillTakes(
      @ForAll @IntRange(min = 1, max = 4) int partitions,
      @ForAll @IntRange(min = 1, max = 40) int batch,
      @ForAll @IntRange(min = 1, max = 4) int epochs,
      @ForAll @IntRange(min = 1, max = 5) int untilEpoch,
      @ForAll boolean live,
      @ForAll long seed) {
    Random random = new Random(seed);
    TreeMap<Integer, List<Long>> replays = new TreeMap<>();
    List<Long> ends = new ArrayList<>(Collections.nCopies(partitions, 0L));
    for (int epoch = 1; epoch <= epochs; epoch++) {
      ends.replaceAll(end -> end + random.nextInt(40));
      replays.put(epoch, List.copyOf(ends));
    }
    Plans plans = new Plans(1, "d", partitions, live, replays);
    Until until = Until.epoch(untilEpoch);
    List<Long> left = new ArrayList<>();
    Position position = Position.start(partitions);
    List<Long> sizes = new ArrayList<>();
    left.add(Remaining.of(position, plans, until).examples());
    while (Schedule.next(position, plans, position.live(), LogicalBatch.constant(batch), 0, until)
        instanceof Work.Step step) {
      position = position.after(step);
      sizes.add(size(step));
      left.add(Remaining.of(position, plans, until).examples());
    }
    long sum = 0;
    for (int i = sizes.size(); i >= 0; i--) {
      sum += i < sizes.size() ? sizes.get(i) : 0;
      boolean end = sum == 0 && position.epoch() < untilEpoch;
      assertThat(left.get(i)).isEqualTo(end ? Remaining.ENDLESS : sum);
    }
  }

  @Test
  void theEndThatComesFirstCounts() {
    Plans none = new Plans(1, "d", 1, true, new TreeMap<>());
    Position position = new Position(7, 0, 0, List.of(30L));
    assertThat(Remaining.of(position, none, Until.STOPPED).endless()).isTrue();
    assertThat(Remaining.of(position, none, Until.STOPPED).seconds(1, 1)).isNaN();
    assertThat(Remaining.of(position, none, Until.step(10)).seconds(2, 0.1)).isEqualTo(6);
    TreeMap<Integer, List<Long>> replays = new TreeMap<>();
    replays.put(1, List.of(40L));
    Plans planned = new Plans(1, "d", 1, true, replays);
    assertThat(Remaining.of(position, planned, Until.STOPPED))
        .isEqualTo(new Remaining(Remaining.ENDLESS, 50));
    assertThat(Remaining.of(position, planned, Until.step(10)).seconds(2, 0.1)).isEqualTo(5);
    assertThat(Remaining.of(position, planned, Until.step(9)).seconds(2, 0.1)).isEqualTo(4);
    assertThat(Remaining.of(position, planned, Until.step(0)).steps()).isZero();
  }
}
