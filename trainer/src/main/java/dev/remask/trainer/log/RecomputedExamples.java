package dev.remask.trainer.log;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masker;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.Segment;
import dev.remask.trainer.ExampleSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * Examples made again from the segments and the plan. Reads may jump anywhere; those that follow
 * one another are fastest.
 */
final class RecomputedExamples implements ExampleSource {
  private final SequencedLog<Segment> segments;
  private final IntFunction<EpochPlan> plans;
  private final Function<EpochPlan, Masker> masking;
  private final boolean pairs;
  private final Map<Integer, Masker> maskers = new HashMap<>();

  /**
   * @param plans epoch to its plan; IllegalStateException if there is none
   * @param masking a plan's mask function
   * @param pairs whether the segments have two parts
   */
  RecomputedExamples(
      SequencedLog<Segment> segments,
      IntFunction<EpochPlan> plans,
      Function<EpochPlan, Masker> masking,
      boolean pairs) {
    this.segments = segments;
    this.plans = plans;
    this.masking = masking;
    this.pairs = pairs;
  }

  @Override
  public List<Example> read(int epoch, int partition, long start, long end)
      throws InterruptedException {
    Masker masker = maskers.computeIfAbsent(epoch, e -> masking.apply(plans.apply(e)));
    Place first = new Place(0, start);
    if (!segments.isAt(partition, first)) {
      segments.seek(partition, first);
    }
    List<Example> examples = new ArrayList<>();
    for (Segment segment : segments.read(0, partition, start, end)) {
      examples.add(Examples.masked(segment, masker, epoch, pairs));
    }
    return examples;
  }
}
