package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.ReplayOrder.Slot;
import dev.remask.schemas.TrainingStep;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class TraceTest {
  private static final int WINDOW = 8;

  /** A run's ledger, and what its learner was really given, step by step. */
  private record Learned(List<TrainingStep> ledger, List<List<Slot>> examples) {
    static Learned from(FakeFeed feed, int batch, int epochs) throws Exception {
      FakeLedger ledger = new FakeLedger(1);
      FakeLearner learner = new FakeLearner();
      List<List<Slot>> examples = new ArrayList<>();
      int[] before = {0};
      new TrainingLoop(
              Recipes.of(batch, WINDOW, 1000, 1),
              feed,
              ledger,
              learner,
              (position, l) -> {},
              Position.start(2),
              Evaluator.NONE,
              report -> {
                examples.add(
                    learner.learned.subList(before[0], learner.learned.size()).stream()
                        .map(e -> new Slot(e.partition(), e.sequence()))
                        .toList());
                before[0] = learner.learned.size();
              },
              () -> Instant.EPOCH,
              System::nanoTime)
          .run(Until.epoch(epochs), () -> false);
      return new Learned(ledger.committed, examples);
    }
  }

  /** The oracle knows nothing of orders: it has seen what each step was given. */
  @Property(tries = 60)
  void whatEachStepLearnedIsFoundByPlansAndLedgerAlone(
      @ForAll @IntRange(max = 30) int first,
      @ForAll @IntRange(min = 1, max = 30) int second,
      @ForAll @IntRange(max = 20) int more,
      @ForAll @IntRange(min = 1, max = 11) int batch,
      @ForAll long seed)
      throws Exception {
    List<Long> ends = List.of((long) first + more, (long) second);
    FakeFeed feed =
        new FakeFeed(2, true)
            .arrive(ends)
            .plan(1, List.of((long) first, (long) second))
            .plan(2, ends);
    Learned run = Learned.from(feed, batch, 2);
    Random random = new Random(seed);
    Set<Slot> sought = new HashSet<>();
    for (int i = 0; i < 6; i++) {
      int partition = random.nextInt(2);
      sought.add(new Slot(partition, random.nextInt(40)));
    }
    Trace trace = new Trace(feed.plans(), WINDOW);
    Trace.Search search = trace.search(sought);
    for (int i = 0; i < run.ledger().size(); i++) {
      TrainingStep step = run.ledger().get(i);
      List<Slot> given = run.examples().get(i);
      assertThat(trace.segments(step)).as("step %d", i + 1).isEqualTo(given);
      assertThat(search.learned(step))
          .as("of %s in step %d", sought, i + 1)
          .containsExactlyInAnyOrderElementsOf(given.stream().filter(sought::contains).toList());
    }
  }

  @Test
  void anEpochWithoutAPlanIsNamed() throws Exception {
    FakeFeed feed = new FakeFeed(2, false).plan(1, List.of(5L, 5L));
    TrainingStep step = Learned.from(feed, 4, 1).ledger().get(0);
    Trace other = new Trace(new FakeFeed(2, false).plans(), WINDOW);
    assertThatThrownBy(() -> other.segments(step)).hasMessageContaining("epoch 1 has no plan");
    assertThatThrownBy(() -> other.search(List.of(new Slot(0, 0))).learned(step))
        .hasMessageContaining("epoch 1 has no plan");
  }
}
