package dev.remask.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.schemas.PlannedEpoch;
import dev.remask.topology.ExamplesLog.Place;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * Invariant 10: maskers and trainer never wait for each other, and examples stay bounded. A model
 * of both sides runs in random order: instances that own partitions, write in transactions and are
 * killed in the middle of one; a trainer that needs whole windows of the replay order.
 */
class BackpressureTest {
  /** The rule under test, or a broken one. */
  interface Rule {
    boolean mustWait(
        long mark, Collection<Integer> working, IntToLongFunction offsets, IntToLongFunction ahead);
  }

  private static final Rule BY_OFFSETS =
      (mark, working, offsets, ahead) ->
          !working.isEmpty() && working.stream().allMatch(p -> offsets.applyAsLong(p) > mark);
  private static final Rule HALF_THE_MARK =
      (mark, working, offsets, ahead) -> Backpressure.allOver(mark / 2, working, offsets, ahead);
  private static final Rule MOST_AHEAD =
      (mark, working, offsets, ahead) ->
          working.stream().anyMatch(p -> ahead.applyAsLong(p) > mark);

  @Property(tries = 300)
  void nobodyWaitsForEver(
      @ForAll @IntRange(min = 1, max = 6) int partitions,
      @ForAll @IntRange(min = 1, max = 3) int instances,
      @ForAll @IntRange(min = 1, max = 12) int batch,
      @ForAll @IntRange(min = 1, max = 12) int window,
      @ForAll Random random) {
    Model model = new Model(Backpressure::allOver, partitions, instances, batch, window, random);
    assertThat(model.run()).as("the epoch is learned").isTrue();
    assertThat(model.worstLeastAhead)
        .as("examples ahead, but for what one look lets through")
        .isLessThanOrEqualTo(model.mark + Model.LOOK_MAX);
  }

  @Example
  void theModelCatchesARuleThatTrustsOffsets() {
    assertThat(deadlocks(BY_OFFSETS)).isPositive();
  }

  @Example
  void theModelCatchesARuleThatPausesForTheMostAhead() {
    assertThat(deadlocks(MOST_AHEAD)).isPositive();
  }

  @Example
  void theModelCatchesAMarkThatIsTooLow() {
    assertThat(deadlocks(HALF_THE_MARK)).isPositive();
  }

  @Example
  void theDistanceCrossesTheEndsOfEpochs() {
    SortedMap<Integer, PlannedEpoch> plans = new TreeMap<>();
    plans.put(0, new PlannedEpoch("r", 0, Fixture.plan(null), false));
    plans.put(1, new PlannedEpoch("r", 1, Fixture.plan(List.of(10L, 0L)), true));
    plans.put(2, new PlannedEpoch("r", 2, Fixture.plan(List.of(20L, 0L)), true));
    plans.put(3, new PlannedEpoch("r", 3, Fixture.plan(List.of(30L, 5L)), false));
    assertThat(Backpressure.distance(new Place(1, 3), new Place(1, 7), 0, plans)).isEqualTo(4);
    assertThat(Backpressure.distance(new Place(1, 9), new Place(2, 0), 0, plans)).isEqualTo(1);
    assertThat(Backpressure.distance(new Place(1, 3), new Place(3, 4), 0, plans)).isEqualTo(31);
    assertThat(Backpressure.distance(new Place(0, 3), new Place(0, 9), 1, plans)).isEqualTo(6);
    assertThatThrownBy(() -> Backpressure.distance(new Place(0, 3), new Place(1, 0), 0, plans))
        .isInstanceOf(IllegalStateException.class);
  }

  private static long deadlocks(Rule rule) {
    return IntStream.range(0, 300)
        .filter(seed -> !new Model(rule, 1 + seed % 3, 1, 5, 12, new Random(seed)).run())
        .count();
  }

  /** One epoch: its segments, the log of its examples, the instances and the trainer. */
  private static final class Model {
    /** What an instance may write per partition between two looks. */
    static final int LOOK_MAX = 5;

    final long mark;
    long worstLeastAhead;

    private final Rule rule;
    private final int batch;
    private final int window;
    private final Random random;
    private final int instances;
    private final int[] ends; // segments [P]
    private final int[] written; // examples in the log [P]
    private final int[] waste; // offsets after the trainer's place that hold no example [P]
    private final List<Integer> order = new ArrayList<>(); // partition by index
    private int learned; // index in the order

    Model(Rule rule, int partitions, int instances, int batch, int window, Random random) {
      this.rule = rule;
      this.batch = batch;
      this.window = window;
      this.random = random;
      this.instances = instances;
      this.mark = 2L * (batch + window);
      this.ends = random.ints(partitions, 0, 200).toArray();
      this.written = new int[partitions];
      this.waste = new int[partitions];
      for (int round = 0; round < 200; round++) {
        for (int p = 0; p < partitions; p++) {
          if (round < ends[p]) {
            order.add(p);
          }
        }
      }
    }

    boolean run() {
      while (learned < order.size()) {
        boolean moved = false;
        for (int turn : random.ints(3L * instances, 0, instances + 1).toArray()) {
          moved |= turn == instances ? learn() : mask(turn);
        }
        // A quiet round proves nothing; a round of everyone does.
        if (!moved) {
          for (int instance = 0; instance < instances; instance++) {
            moved |= mask(instance);
          }
          if (!learn() && !moved) {
            return false;
          }
        }
      }
      return true;
    }

    private boolean mask(int instance) {
      List<Integer> working = new ArrayList<>();
      for (int p = instance; p < ends.length; p += instances) {
        if (written[p] < ends[p]) {
          working.add(p);
        }
      }
      boolean paused = rule.mustWait(mark, working, p -> ahead(p) + waste[p], this::ahead);
      if (paused || working.isEmpty()) {
        return false;
      }
      boolean killed = random.nextInt(20) == 0;
      for (int p : working) {
        int more = Math.min(random.nextInt(LOOK_MAX) + 1, ends[p] - written[p]);
        waste[p] += killed ? 40 : 1; // an aborted transaction, or a marker
        written[p] += killed ? 0 : more;
      }
      worstLeastAhead =
          Math.max(worstLeastAhead, working.stream().mapToLong(this::ahead).min().orElse(0));
      return true;
    }

    /** Needs every window that its batch touches; commits after the step. */
    private boolean learn() {
      if (learned == order.size()) {
        return false;
      }
      int to = Math.min(learned + batch, order.size());
      int needed = Math.min((to + window - 1) / window * window, order.size());
      int[] have = new int[ends.length];
      for (int index = 0; index < needed; index++) {
        if (++have[order.get(index)] > written[order.get(index)]) {
          return false;
        }
      }
      learned = to;
      for (int p = 0; p < ends.length; p++) {
        if (ahead(p) == 0) {
          waste[p] = 0;
        }
      }
      return true;
    }

    /** From the first example that is not learned, within whole windows, to the last one. */
    private long ahead(int partition) {
      int safe = learned == order.size() ? learned : learned / window * window;
      long taken = order.subList(0, safe).stream().filter(p -> p == partition).count();
      return written[partition] - taken;
    }
  }
}
