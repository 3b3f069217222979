package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.Example;
import dev.remask.mlm.ReplayOrder;
import dev.remask.schemas.HeldOutEvaluation;
import dev.remask.schemas.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class TrainingLoopTest {
  /** What kill -9 is to a process. */
  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  static Checkpoints checkpoints(Path folder, Recipe recipe) {
    return new Checkpoints(folder, recipe.checkpointsKept(), new TreeMap<>(), new TreeMap<>());
  }

  static TrainingLoop loop(
      Recipe recipe,
      Feed feed,
      Ledger ledger,
      FakeLearner learner,
      CheckpointStore store,
      Position start,
      StepListener listener) {
    return new TrainingLoop(
        recipe,
        feed,
        ledger,
        learner,
        store,
        start,
        Evaluator.NONE,
        listener,
        () -> Instant.EPOCH,
        System::nanoTime);
  }

  /** One process from start to end or kill: loads the newest checkpoint, then runs. */
  private static FakeLearner live(
      Recipe recipe, FakeFeed feed, FakeLedger ledger, Path folder, Until until, AtomicInteger fuse)
      throws IOException, InterruptedException {
    Runnable burn =
        () -> {
          if (fuse.decrementAndGet() == 0) {
            throw new Killed();
          }
        };
    FakeLearner learner = new FakeLearner();
    Position start = Position.start(2);
    Optional<Checkpoint> newest = Checkpoints.newest(folder);
    if (newest.isPresent()) {
      learner.load(newest.get().model(), newest.get().state());
      start = newest.get().position();
    }
    learner.beforeStep = burn;
    learner.insideSave = burn;
    loop(recipe, feed, ledger, learner, checkpoints(folder, recipe), start, report -> burn.run())
        .run(until, () -> false);
    return learner;
  }

  static FakeFeed twoEpochs() {
    return new FakeFeed(2, false).plan(1, List.of(23L, 31L)).plan(2, List.of(40L, 31L));
  }

  private static String neverKilled(Recipe recipe) throws Exception {
    FakeLearner learner = new FakeLearner();
    loop(
            recipe,
            twoEpochs(),
            new FakeLedger(1),
            learner,
            (position, l) -> {},
            Position.start(2),
            report -> {})
        .run(Until.epoch(2), () -> false);
    return learner.parametersSha256();
  }

  /** Invariant 8: killed anywhere and restarted, the weights are those of a run never killed. */
  @Property(tries = 12, shrinking = ShrinkingMode.OFF)
  void killedAnywhereTheReplaysEndWithTheSameWeights(
      @ForAll @IntRange(min = 1, max = 7) int group,
      @ForAll @IntRange(min = 1, max = 6) int checkpointSteps,
      @ForAll boolean ramp,
      @ForAll long seed)
      throws Exception {
    LogicalBatch batch = ramp ? new LogicalBatch(9, 10, 2) : LogicalBatch.constant(9);
    Recipe recipe = Recipes.of(batch, 16, checkpointSteps, 2);
    Path folder = Files.createTempDirectory("remask-loop");
    FakeFeed feed = twoEpochs();
    FakeLedger ledger = new FakeLedger(group);
    FakeLearner learner = null;
    Random random = new Random(seed);
    for (int kills = 0; learner == null; kills++) {
      int fuse = kills < 12 ? 1 + random.nextInt(25) : Integer.MAX_VALUE;
      try {
        learner = live(recipe, feed, ledger, folder, Until.epoch(2), new AtomicInteger(fuse));
      } catch (Killed e) {
        ledger.crash();
      }
    }
    assertThat(learner.parametersSha256()).isEqualTo(neverKilled(recipe));
    assertThat(ledger.committed).hasSize(ramp ? 19 : 14);
    delete(folder);
  }

  /**
   * The live lane is cut as text comes, and mixed with a replay as it does; the ledger fixes the
   * cuts and the mix, whatever is killed.
   */
  @Property(tries = 16, shrinking = ShrinkingMode.OFF)
  void killedAnywhereTheLiveLaneIsWhatItsLedgerSays(
      @ForAll @IntRange(min = 1, max = 7) int group,
      @ForAll @IntRange(max = 3) int thirds,
      @ForAll long seed)
      throws Exception {
    Recipe recipe = Recipes.of(LogicalBatch.constant(6), 16, 4, 2, thirds / 3.0);
    Path folder = Files.createTempDirectory("remask-loop");
    Random random = new Random(seed);
    FakeFeed feed = new FakeFeed(2, true);
    FakeLedger ledger = new FakeLedger(group);
    FakeLearner learner = null;
    long text = 0;
    for (int kills = 0; learner == null; kills++) {
      text += random.nextInt(20);
      feed.arrive(List.of(text, text / 2 + 6));
      if (kills == 5) {
        feed.plan(1, List.of(text, text / 2));
      }
      int fuse = kills < 10 ? 1 + random.nextInt(25) : Integer.MAX_VALUE;
      Until until = kills < 10 ? Until.step(10 + kills) : Until.epoch(1);
      try {
        FakeLearner done = live(recipe, feed, ledger, folder, untilThere(until, text), fuse(fuse));
        learner = kills < 10 ? null : done;
      } catch (Killed e) {
        ledger.crash();
      }
    }
    FakeLearner redone = new FakeLearner();
    loop(recipe, feed, ledger, redone, (p, l) -> {}, Position.start(2), report -> {})
        .run(Until.step(0), () -> false);
    assertThat(redone.parametersSha256()).isEqualTo(learner.parametersSha256());
    requireOnce(redone.learned);
    delete(folder);
  }

  /** Text beyond a plan's bounds is there all the time: the lanes take turns until the end. */
  @Test
  void aReplayAndNewerTextAreMixedAsTheShareSays() throws Exception {
    FakeLedger ledger = new FakeLedger(1);
    FakeFeed feed = new FakeFeed(2, true).plan(1, List.of(8L, 8L)).plan(2, List.of(40L, 32L));
    feed.arrive(List.of(5_000L, 5_000L));
    FakeLearner learner = new FakeLearner();
    Recipe recipe = Recipes.of(LogicalBatch.constant(8), 16, 100, 1, 0.75);
    loop(recipe, feed, ledger, learner, (p, l) -> {}, Position.start(2), report -> {})
        .run(Until.epoch(2), () -> false);
    StringBuilder lanes = new StringBuilder();
    ledger.committed.forEach(step -> lanes.append(step.getEpoch() == 0 ? "." : step.getEpoch()));
    // 16 up to the bounds of the first; 72 of the second were learned while the first went on.
    assertThat(lanes).hasToString("...." + "1...1..." + "2...2...2...2...2...2...2...2...2");
    requireOnce(learner.learned);
    FakeLearner redone = new FakeLearner();
    ledger.piece = 3;
    TrainingSummary again =
        loop(
                Recipes.of(8, 16, 100, 1),
                feed,
                ledger,
                redone,
                (p, l) -> {},
                Position.start(2),
                report -> {})
            .run(Until.step(0), () -> false);
    assertThat(again.redone()).as("whatever the share is now").isEqualTo(ledger.committed.size());
    assertThat(redone.parametersSha256()).isEqualTo(learner.parametersSha256());
  }

  /** Before there is a plan, only as many steps as there is text for. */
  private static Until untilThere(Until until, long text) {
    return until.epoch() == 1 ? until : Until.step(Math.min(until.step(), (text + text / 2) / 6));
  }

  private static AtomicInteger fuse(int length) {
    return new AtomicInteger(length);
  }

  private static void requireOnce(List<Example> learned) {
    Set<String> seen = new HashSet<>();
    for (Example example : learned) {
      String place = example.epoch() + "/" + example.partition() + "/" + example.sequence();
      assertThat(seen.add(place)).as(place).isTrue();
    }
  }

  /** What invariant 9 forbids: weights of the checkpoint, position of the committed offsets. */
  @Test
  void resumingFromCommittedOffsetsLosesWhatTheCheckpointHasNotLearned(@TempDir Path folder)
      throws Exception {
    Recipe recipe = Recipes.of(9, 16, 5, 2);
    FakeLedger ledger = new FakeLedger(1);
    assertThatThrownBy(
            () -> live(recipe, twoEpochs(), ledger, folder, Until.epoch(2), new AtomicInteger(16)))
        .isInstanceOf(Killed.class);
    Checkpoint newest = Checkpoints.newest(folder).orElseThrow();
    assertThat(newest.position().step()).isEqualTo(5);
    TrainingStep last = ledger.committed.get(ledger.committed.size() - 1);
    assertThat(last.getStep()).isGreaterThan(5);

    FakeLearner broken = new FakeLearner();
    broken.load(newest.model(), newest.state());
    Position committed =
        new Position(last.getStep(), last.getEpoch(), last.getOrderEnd(), List.of(0L, 0L));
    loop(recipe, twoEpochs(), ledger, broken, (p, l) -> {}, committed, report -> {})
        .run(Until.epoch(2), () -> false);
    assertThat(broken.parametersSha256()).isNotEqualTo(neverKilled(recipe));
  }

  @Test
  void learnsAnEpochInItsOrder() throws Exception {
    FakeLearner learner = new FakeLearner();
    FakeFeed feed = new FakeFeed(2, false).plan(1, List.of(20L, 10L));
    TrainingSummary summary =
        loop(
                Recipes.of(7, 8, 100, 1),
                feed,
                new FakeLedger(1),
                learner,
                (p, l) -> {},
                Position.start(2),
                report -> {})
            .run(Until.epoch(1), () -> false);
    ReplayOrder order = feed.plans().order(1, 8);
    List<String> expected = new ArrayList<>();
    for (long i = 0; i < order.size(); i++) {
      expected.add(order.slot(i).partition() + "/" + order.slot(i).sequence());
    }
    assertThat(learner.learned)
        .extracting(e -> e.partition() + "/" + e.sequence())
        .containsExactlyElementsOf(expected);
    assertThat(summary.examples()).isEqualTo(30);
    assertThat(summary.steps()).isEqualTo(5);
    assertThat(summary.position().index()).isEqualTo(30);
  }

  /** Killed before its first regular checkpoint, a run still knows what it was begun with. */
  @Test
  void aNewRunKeepsItsConfigurationBeforeItsFirstStep(@TempDir Path folder) throws Exception {
    Recipe recipe = Recipes.of(9, 16, 100, 1);
    TreeMap<String, String> configuration = new TreeMap<>(Map.of("learning.rate.max", "0.001"));
    Checkpoints store = new Checkpoints(folder, 1, configuration, new TreeMap<>());
    FakeLedger ledger = new FakeLedger(1);
    FakeLearner learner = new FakeLearner();
    String untrained = learner.parametersSha256();
    learner.beforeStep =
        () -> {
          if (ledger.committed.size() == 3) {
            throw new Killed();
          }
        };
    TrainingLoop first =
        loop(recipe, twoEpochs(), ledger, learner, store, Position.start(2), report -> {});
    assertThatThrownBy(() -> first.run(Until.epoch(2), () -> false)).isInstanceOf(Killed.class);
    Checkpoint begun = Checkpoints.newest(folder).orElseThrow();
    assertThat(begun.position()).isEqualTo(Position.start(2));
    assertThatThrownBy(
            () -> begun.requireConfiguration(new TreeMap<>(Map.of("learning.rate.max", "0.002"))))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("learning.rate.max");
    FakeLearner loaded = new FakeLearner();
    loaded.load(begun.model(), begun.state());
    assertThat(loaded.parametersSha256()).isEqualTo(untrained);

    loop(recipe, twoEpochs(), ledger, loaded, store, begun.position(), report -> {})
        .run(Until.epoch(2), () -> false);
    assertThat(loaded.parametersSha256()).isEqualTo(neverKilled(recipe));
    assertThat(folder.toFile().list()).containsExactly("step-14");
  }

  /** A ledger without checkpoints was begun with settings that nobody knows: first it is redone. */
  @Test
  void nothingIsKeptBeforeTheLedgerIsRedone(@TempDir Path folder) throws Exception {
    Recipe recipe = Recipes.of(9, 16, 100, 1);
    FakeLedger ledger = new FakeLedger(1);
    loop(recipe, twoEpochs(), ledger, new FakeLearner(), (p, l) -> {}, Position.start(2), r -> {})
        .run(Until.step(4), () -> false);
    FakeLearner other = new FakeLearner();
    other.lossFactor = 2;
    TrainingLoop again =
        loop(
            recipe,
            twoEpochs(),
            ledger,
            other,
            checkpoints(folder, recipe),
            Position.start(2),
            r -> {});
    assertThatThrownBy(() -> again.run(Until.epoch(1), () -> false))
        .hasMessageContaining("step 1 cannot be redone");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aRedoneStepThatDiffersStopsWithItsNumber() throws Exception {
    FakeLedger ledger = new FakeLedger(1);
    Recipe recipe = Recipes.of(9, 16, 100, 1);
    loop(recipe, twoEpochs(), ledger, new FakeLearner(), (p, l) -> {}, Position.start(2), r -> {})
        .run(Until.step(4), () -> false);
    TrainingStep third = ledger.committed.get(2);
    ledger.committed.set(
        2, TrainingStep.newBuilder(third).setLoss(Math.nextUp(third.getLoss())).build());
    assertThatThrownBy(
            () ->
                loop(
                        recipe,
                        twoEpochs(),
                        ledger,
                        new FakeLearner(),
                        (p, l) -> {},
                        Position.start(2),
                        r -> {})
                    .run(Until.epoch(1), () -> false))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("step 3 cannot be redone: loss was");
  }

  @Test
  @Timeout(20)
  void aStopEndsWithACheckpointThatGoesOn(@TempDir Path folder) throws Exception {
    Recipe recipe = Recipes.of(9, 16, 100, 2);
    FakeLedger ledger = new FakeLedger(100);
    AtomicInteger steps = new AtomicInteger();
    TrainingSummary first =
        loop(
                recipe,
                twoEpochs(),
                ledger,
                new FakeLearner(),
                checkpoints(folder, recipe),
                Position.start(2),
                report -> steps.incrementAndGet())
            .run(Until.epoch(2), () -> steps.get() == 5);
    assertThat(first.steps()).isEqualTo(5);
    assertThat(Checkpoints.newest(folder).orElseThrow().position()).isEqualTo(first.position());
    assertThat(ledger.committed).hasSize(5);
    FakeLearner second =
        live(recipe, twoEpochs(), ledger, folder, Until.epoch(2), new AtomicInteger());
    assertThat(second.parametersSha256()).isEqualTo(neverKilled(recipe));
  }

  /** A logical batch may take minutes: what a stop interrupts is not learned at all. */
  @Test
  @Timeout(20)
  void aStopInsideOfAStepEndsWithTheLastWholeOne(@TempDir Path folder) throws Exception {
    Recipe recipe = Recipes.of(9, 16, 100, 2);
    FakeLedger ledger = new FakeLedger(1);
    AtomicBoolean stop = new AtomicBoolean();
    FakeLearner learner = new FakeLearner();
    learner.beforeStep = () -> stop.set(ledger.committed.size() == 5);
    TrainingSummary first =
        loop(
                recipe,
                twoEpochs(),
                ledger,
                learner,
                checkpoints(folder, recipe),
                Position.start(2),
                report -> {})
            .run(Until.epoch(2), stop::get);
    assertThat(first.steps()).isEqualTo(5);
    assertThat(Checkpoints.newest(folder).orElseThrow().position()).isEqualTo(first.position());
    assertThat(first.position().step()).isEqualTo(5);
    assertThat(ledger.committed).hasSize(5);
    FakeLearner second =
        live(recipe, twoEpochs(), ledger, folder, Until.epoch(2), new AtomicInteger());
    assertThat(second.parametersSha256()).isEqualTo(neverKilled(recipe));
  }

  /** The ledger has what comes next: whoever goes on as if it had been redone writes it twice. */
  @Test
  @Timeout(20)
  void aStoppedRedoLearnsNothingNew(@TempDir Path folder) throws Exception {
    Recipe recipe = Recipes.of(9, 16, 100, 2);
    FakeLedger ledger = new FakeLedger(1);
    loop(recipe, twoEpochs(), ledger, new FakeLearner(), (p, l) -> {}, Position.start(2), r -> {})
        .run(Until.step(8), () -> false);
    AtomicInteger redone = new AtomicInteger();
    AtomicBoolean once = new AtomicBoolean();
    TrainingSummary stopped =
        loop(
                recipe,
                twoEpochs(),
                ledger,
                new FakeLearner(),
                checkpoints(folder, recipe),
                Position.start(2),
                report -> redone.incrementAndGet())
            .run(Until.epoch(2), () -> redone.get() == 3 && once.compareAndSet(false, true));
    assertThat(stopped.redone()).isEqualTo(3);
    assertThat(stopped.steps()).isZero();
    assertThat(ledger.committed).hasSize(8);
    assertThat(Checkpoints.newest(folder).orElseThrow().position()).isEqualTo(stopped.position());
    FakeLearner next =
        live(recipe, twoEpochs(), ledger, folder, Until.epoch(2), new AtomicInteger());
    assertThat(next.parametersSha256()).isEqualTo(neverKilled(recipe));
    assertThat(ledger.committed).hasSize(14);
  }

  /** A checkpoint ahead of the ledger would be one of steps that nobody can redo. */
  @Test
  @Timeout(20)
  void aStopWhileTheLedgerIsAwayEndsSoonAndWithoutACheckpoint(@TempDir Path folder)
      throws Exception {
    Recipe recipe = Recipes.of(9, 16, 4, 2);
    FakeLedger ledger = new FakeLedger(1);
    List<String> heard = new ArrayList<>();
    AtomicInteger steps = new AtomicInteger();
    AtomicLong nanoTime = new AtomicLong();
    StepListener listener =
        new StepListener() {
          @Override
          public void learned(StepReport report) {
            ledger.away = steps.incrementAndGet() >= 5;
          }

          @Override
          public void started(Position position) {
            heard.add("from " + position.step());
          }

          @Override
          public void notice(String line) {
            heard.add(line);
          }
        };
    new TrainingLoop(
            recipe,
            twoEpochs(),
            ledger,
            new FakeLearner(),
            checkpoints(folder, recipe),
            Position.start(2),
            Evaluator.NONE,
            listener,
            () -> Instant.EPOCH,
            () -> nanoTime.addAndGet(1_000_000))
        .run(Until.epoch(2), () -> steps.get() >= 7);
    assertThat(heard)
        .containsExactly(
            "from 0",
            "stopped without a checkpoint, as the ledger cannot be written now: the next start learns 3 steps again");
    assertThat(nanoTime.get()).isBetween(4_000_000_000L, 5_000_000_000L);
    assertThat(Checkpoints.newest(folder).orElseThrow().position().step()).isEqualTo(4);
    assertThat(ledger.committed).hasSize(5);
    ledger.crash();
    ledger.away = false;
    FakeLearner next =
        live(recipe, twoEpochs(), ledger, folder, Until.epoch(2), new AtomicInteger());
    assertThat(next.parametersSha256()).isEqualTo(neverKilled(recipe));
  }

  /** Who takes over deletes what it has learned; here that looks like a gap. */
  @Test
  void aTakeoverIsNamedBeforeTheGapThatItTears() {
    FakeLedger ledger = new FakeLedger(1);
    FakeLearner learner = new FakeLearner();
    learner.beforeStep =
        () -> {
          throw new IllegalStateException("a gap");
        };
    Recipe recipe = Recipes.of(9, 16, 4, 2);
    assertThatThrownBy(() -> once(recipe, ledger, learner)).hasMessage("a gap");
    ledger.takenOver = "another trainer";
    assertThatThrownBy(() -> once(recipe, ledger, learner))
        .hasMessage("another trainer")
        .satisfies(e -> assertThat(e.getSuppressed()[0]).hasMessage("a gap"));
  }

  private static void once(Recipe recipe, FakeLedger ledger, FakeLearner learner) throws Exception {
    loop(recipe, twoEpochs(), ledger, learner, (p, l) -> {}, Position.start(2), r -> {})
        .run(Until.epoch(1), () -> false);
  }

  @Test
  void theTimeOfAStepIsToldByItsParts() throws Exception {
    AtomicLong seconds = new AtomicLong();
    FakeLearner learner = new FakeLearner();
    learner.insideStep = () -> seconds.addAndGet(7);
    learner.insideUpdate = () -> seconds.addAndGet(3);
    FakeLedger ledger = new FakeLedger(1);
    ledger.insideAppend = () -> seconds.addAndGet(2);
    FakeFeed feed = twoEpochs();
    feed.insidePlans = () -> seconds.addAndGet(1);
    List<StepListener.StepReport> reports = new ArrayList<>();
    new TrainingLoop(
            Recipes.of(9, 16, 2, 2),
            feed,
            ledger,
            learner,
            (position, l) -> seconds.addAndGet(20),
            Position.start(2),
            (step, last, l, abandons) -> {
              seconds.addAndGet(step == 4 ? 5 : 0);
              return Optional.empty();
            },
            reports::add,
            () -> Instant.EPOCH,
            () -> seconds.get() * 1_000_000_000)
        .run(Until.step(6), () -> false);
    assertThat(reports).hasSize(6);
    for (StepListener.StepReport report : reports) {
      StepListener.Parts parts = report.parts();
      assertThat(parts.gradients()).isEqualTo(7);
      assertThat(parts.update()).isEqualTo(3);
      assertThat(parts.evaluation()).isEqualTo(report.step() == 4 ? 5 : 0);
      assertThat(parts.ledger()).isEqualTo(2);
      assertThat(parts.checkpoint()).isEqualTo(report.step() % 2 == 1 ? 20 : 0);
      assertThat(parts.waiting()).isBetween(1.0, 10.0);
      assertThat(
              parts.waiting()
                  + parts.gradients()
                  + parts.update()
                  + parts.evaluation()
                  + parts.ledger()
                  + parts.checkpoint())
          .isLessThanOrEqualTo(report.seconds());
      assertThat(report.tokensPerSecond() * report.seconds()).isPositive();
    }
  }

  private static Position evaluated(
      Recipe recipe,
      FakeLedger ledger,
      FakeLearner learner,
      Position start,
      Evaluator evaluator,
      StepListener listener,
      Until until)
      throws Exception {
    return new TrainingLoop(
            recipe,
            twoEpochs(),
            ledger,
            learner,
            (position, l) -> {},
            start,
            evaluator,
            listener,
            () -> Instant.EPOCH,
            System::nanoTime)
        .run(until, () -> false)
        .position();
  }

  private static HeldOutScore score(long step) {
    Evaluation sums = new Evaluation(8, 4.0 * step, 2, 4, 1.0 * step, 1);
    return new HeldOutScore(3, sums, sums, sums, 20, 10);
  }

  /** What was found goes into the ledger with its step; a step that is redone is not looked at. */
  @Test
  void heldOutTextIsLookedAtOncePerStepAndTheWeightsAreLeftAlone() throws Exception {
    Recipe recipe = Recipes.of(9, 16, 4, 2);
    FakeLedger ledger = new FakeLedger(1);
    List<String> asked = new ArrayList<>();
    List<String> heard = new ArrayList<>();
    Evaluator evaluator =
        (step, last, learner, abandons) -> {
          asked.add(step + (last ? " last" : ""));
          return step % 3 == 0 || last ? Optional.of(score(step)) : Optional.empty();
        };
    StepListener listener =
        new StepListener() {
          @Override
          public void learned(StepReport step) {
            heard.add("step " + step.step());
          }

          @Override
          public void evaluated(long step, HeldOutScore score) {
            heard.add("held out " + step + ": " + score.model().loss());
          }
        };
    FakeLearner learner = new FakeLearner();
    Position position = Position.start(2);
    for (Until until : List.of(Until.step(5), Until.epoch(2))) {
      position = evaluated(recipe, ledger, learner, position, evaluator, listener, until);
    }
    assertThat(asked).hasSize(14).startsWith("1", "2", "3", "4", "5 last", "6").endsWith("14 last");
    assertThat(heard).startsWith("step 1", "step 2", "held out 3: 1.5", "step 3");
    assertThat(ledger.committed.stream().filter(s -> s.getHeldOut() != null))
        .extracting(TrainingStep::getStep)
        .containsExactly(3L, 5L, 6L, 9L, 12L, 14L);
    assertThat(ledger.committed.get(2).getHeldOut())
        .isEqualTo(
            new HeldOutEvaluation(
                3, 8L, 1.5, 0.25, 20L, 4L, 0.75, 0.25, 10L, 1.5, 0.75, 1.5, null, null));
    assertThat(learner.parametersSha256()).isEqualTo(neverKilled(recipe));
    int before = asked.size();
    FakeLearner again = new FakeLearner();
    Position unused =
        evaluated(recipe, ledger, again, Position.start(2), evaluator, listener, Until.epoch(2));
    assertThat(again.parametersSha256()).isEqualTo(learner.parametersSha256());
    assertThat(asked).as("redone steps are not looked at again").hasSize(before);
  }

  @Test
  @Timeout(20)
  void waitsForAPlanUntilItIsStopped() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    TrainingSummary summary =
        loop(
                Recipes.of(9, 16, 100, 2),
                new FakeFeed(2, true),
                new FakeLedger(1),
                new FakeLearner(),
                (p, l) -> {},
                Position.start(2),
                report -> {})
            .run(Until.epoch(1), () -> asked.incrementAndGet() > 20);
    assertThat(summary.steps()).isZero();
    assertThat(summary.firstLoss()).isNaN();
  }

  private static void delete(Path folder) throws IOException {
    try (var walk = Files.walk(folder)) {
      for (Path path : walk.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(path);
      }
    }
  }
}
