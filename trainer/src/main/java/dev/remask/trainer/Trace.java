package dev.remask.trainer;

import dev.remask.mlm.ReplayOrder;
import dev.remask.mlm.ReplayOrder.Slot;
import dev.remask.schemas.LiveRange;
import dev.remask.schemas.TrainingStep;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * What each step of a ledger learned from, by plans and order alone (invariant 7): from a step to
 * its segments, and back. IllegalStateException for an epoch without a plan. Not thread-safe.
 */
public final class Trace {
  private final Plans plans;
  private final int window;
  private final Map<Integer, ReplayOrder> orders = new HashMap<>();

  /**
   * @param plans of the run
   * @param window W
   */
  public Trace(Plans plans, int window) {
    this.plans = plans;
    this.window = window;
  }

  /** The segments of a step, in the order they were learned. */
  public List<Slot> segments(TrainingStep step) {
    List<Slot> segments = new ArrayList<>();
    if (step.getOrderStart() >= 0) {
      ReplayOrder order = order(step.getEpoch());
      LongStream.range(step.getOrderStart(), step.getOrderEnd())
          .forEach(position -> segments.add(order.slot(position)));
    }
    for (LiveRange range : step.getLiveRanges()) {
      LongStream.range(range.getStart(), range.getEnd())
          .forEach(sequence -> segments.add(new Slot(range.getPartition(), sequence)));
    }
    return segments;
  }

  /** Looks for some segments among the steps, each of which costs a search only. */
  public Search search(Collection<Slot> sought) {
    return new Search(sought);
  }

  private ReplayOrder order(int epoch) {
    return orders.computeIfAbsent(epoch, e -> plans.order(e, window));
  }

  /** Some segments, by where steps name them. */
  public final class Search {
    private final List<Slot> sought;
    private final Map<Integer, NavigableMap<Long, Slot>> bySequence = new HashMap<>();
    private final Map<Integer, NavigableMap<Long, Slot>> byPosition = new HashMap<>();

    private Search(Collection<Slot> sought) {
      this.sought = List.copyOf(sought);
      for (Slot slot : sought) {
        bySequence
            .computeIfAbsent(slot.partition(), p -> new TreeMap<>())
            .put(slot.sequence(), slot);
      }
    }

    /** Those of the segments that the step learned, in the order it did. */
    public List<Slot> learned(TrainingStep step) {
      List<Slot> learned = new ArrayList<>();
      if (step.getOrderStart() >= 0) {
        learned.addAll(
            byPosition
                .computeIfAbsent(step.getEpoch(), this::positions)
                .subMap(step.getOrderStart(), step.getOrderEnd())
                .values());
      }
      for (LiveRange range : step.getLiveRanges()) {
        learned.addAll(
            bySequence
                .getOrDefault(range.getPartition(), new TreeMap<>())
                .subMap(range.getStart(), range.getEnd())
                .values());
      }
      return learned;
    }

    private NavigableMap<Long, Slot> positions(int epoch) {
      ReplayOrder order = order(epoch);
      NavigableMap<Long, Slot> positions = new TreeMap<>();
      for (Slot slot : sought) {
        order.position(slot).ifPresent(position -> positions.put(position, slot));
      }
      return positions;
    }
  }
}
