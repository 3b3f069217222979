package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.remask.app.TrainChild.Phase;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.TrainingStep;
import dev.remask.topology.StreamInstance;
import dev.remask.trainer.Checkpoint;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.log.LedgerReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * One run three times, each over topics of its own with the same segments: never killed; killed
 * with -9 again and again, in a step, while a checkpoint is written, before it is renamed; and, as
 * a control, killed where the restart trusts the committed position instead of the checkpoint's.
 * Weights and moments of the second must be those of the first, bit for bit (invariant 8); those of
 * the third must not.
 */
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
@Timeout(1_200)
@ExtendWith(TestStack.Shared.class)
class TrainerChaos {
  private static final long SEED = Long.getLong("chaos.seed", 1);
  private static final int CONTROL_KILLS = 3;
  private static final int EPOCHS = 3;
  private static final String RUN = "chaos";
  private static final long[] ENDS = {1_300, 1_200, 1_400, 1_100};
  private static final int CHECKPOINT_STEPS = 10;
  private static final long PATIENCE_S = 180;

  private static final List<String> TEXTS =
      List.of("The cat sat on the mat. The dog sat on the cat.", "A cat, a mat, a dog. And a cat.");

  /** What of a checkpoint a killed run must have the same, by the name in the manifest. */
  private static final Set<String> NUMBERS =
      Set.of("model/model.safetensors", "state/optimizer.safetensors", "state/position.json");

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What a kill waits for, and how often; how long it then waits at most, in microseconds. */
  private static final Map<Phase, Integer> AIMS =
      Map.of(Phase.STEP, 8, Phase.WRITE, 6, Phase.RENAME, 4, Phase.ELSEWHERE, 2);

  private static final Map<Phase, Integer> LATER_US =
      Map.of(Phase.STEP, 30_000, Phase.WRITE, 3_000, Phase.RENAME, 3_000, Phase.ELSEWHERE, 3_000);

  private final Random random = new Random(SEED);
  private final Kills kills = new Kills("chaos");
  private TestStack stack;
  private Path folder;
  private Map<String, String> whole;
  private long steps;

  @BeforeAll
  void start(TestStack shared, @TempDir(cleanup = CleanupMode.ON_SUCCESS) Path temporary) {
    stack = shared;
    folder = temporary;
    kills.say("the seed is " + SEED);
  }

  @Test
  @Order(1)
  void learnsWithoutAnyKill() throws Exception {
    try (World world = new World("whole")) {
      whole = world.finish(world.train("whole", false));
      steps = world.ledger().size();
    }
    assertThat(steps).isGreaterThan(10L * AIMS.values().stream().mapToInt(n -> n).sum());
  }

  @Test
  @Order(2)
  void aKilledRunHasTheSameWeights() throws Exception {
    List<Phase> aims = new ArrayList<>();
    AIMS.forEach((phase, times) -> aims.addAll(Collections.nCopies(times, phase)));
    Collections.sort(aims); // The map's order is not the same each time.
    Collections.shuffle(aims, random);
    Map<Phase, Integer> hit = new EnumMap<>(Phase.class);
    long halves = 0;
    try (World world = new World("killed")) {
      for (int kill = 0; kill < aims.size(); kill++) {
        TrainChild child = world.train("killed-" + kill, false);
        awaitAim(child, aims.get(kill), (kill + 1) * steps / (aims.size() + 2));
        hit.merge(killed(child, "the trainer"), 1, Integer::sum);
        halves += Files.exists(world.checkpoints().resolve("writing")) ? 1 : 0;
      }
      Map<String, String> killed = world.finish(world.train("killed-last", false));
      System.out.printf(
          "chaos: trainer kills=%d weights=%s%n",
          aims.size(), killed.equals(whole) ? "identical" : "different");
      System.out.printf(
          "chaos: trainer in_a_step=%d in_a_write=%d before_the_rename=%d elsewhere=%d torn=%d steps=%d%n",
          hit.getOrDefault(Phase.STEP, 0),
          hit.getOrDefault(Phase.WRITE, 0),
          hit.getOrDefault(Phase.RENAME, 0),
          hit.getOrDefault(Phase.ELSEWHERE, 0),
          halves,
          steps);
      assertThat(killed).isEqualTo(whole);
      world.requireLearnedOnce();
    }
    assertThat(2 * (hit.getOrDefault(Phase.STEP, 0) + hit.getOrDefault(Phase.WRITE, 0)))
        .as("in a step or a write")
        .isGreaterThanOrEqualTo(aims.size());
    assertThat(halves).as("checkpoints of which only a part was written").isPositive();
  }

  @Test
  @Order(3)
  void theCommittedPositionWouldNotDo() throws Exception {
    try (World world = new World("control")) {
      for (int kill = 0; kill < CONTROL_KILLS; kill++) {
        TrainChild child = world.train("control-" + kill, true);
        // In the middle between two checkpoints, so that there is something to forget.
        long middle = (kill + 1) * steps / (CONTROL_KILLS + 1) / CHECKPOINT_STEPS;
        awaitAim(child, Phase.STEP, middle * CHECKPOINT_STEPS + CHECKPOINT_STEPS / 2);
        killed(child, "the control's trainer");
      }
      Map<String, String> control = world.finish(world.train("control-last", true));
      System.out.printf(
          "chaos: trainer control kills=%d weights=%s%n",
          CONTROL_KILLS, control.equals(whole) ? "identical" : "different");
      assertThat(control.keySet()).isEqualTo(whole.keySet());
      assertThat(control).isNotEqualTo(whole);
      world.requireLearnedOnce();
    }
  }

  /** Spins, for these moments are short. */
  private void awaitAim(TrainChild child, Phase aim, long step) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
    while (child.step() < step || child.phase() != aim) {
      if (!child.isAlive() || System.nanoTime() > deadline) {
        throw new AssertionError("never in " + aim + " after step " + step + ": " + child.output());
      }
      Thread.onSpinWait();
    }
    long until = System.nanoTime() + 1_000L * random.nextInt(LATER_US.get(aim));
    while (System.nanoTime() < until) {
      Thread.onSpinWait();
    }
  }

  private Phase killed(TrainChild child, String who) throws Exception {
    child.kill();
    kills.say("kill -9 of " + who + ", " + child.phase() + " at step " + child.step());
    return child.phase();
  }

  /** Topics of its own, the same segments, the same plans, and someone who masks. */
  private final class World implements AutoCloseable {
    private final Settings settings;
    private final Map<String, String> told = new HashMap<>();
    private final Path own;
    private final StreamInstance masker;

    World(String name) throws Exception {
      own = Files.createDirectory(folder.resolve(name));
      Map.of(
              "topic.prefix",
              name + ".",
              "dataset.name",
              RUN,
              "run.name",
              RUN,
              "vocabulary.size",
              "320",
              "model.dropout",
              "0.1",
              "batch.ramp.start",
              "16",
              "batch.ramp.steps",
              "100",
              "order.window",
              "256",
              "checkpoint.every.steps",
              Integer.toString(CHECKPOINT_STEPS))
          .forEach(told::put);
      stack
          .clients()
          .forEach(
              (key, value) ->
                  told.put(
                      key.equals(LocalStack.REGISTRY_URL) ? key : "kafka." + key,
                      value.toString()));
      Map<String, String> all = new HashMap<>(DemoDefaults.ALL);
      all.putAll(told);
      settings = Settings.of(all, null, Map.of(), Map.of());
      Dataset dataset = TestStack.declare(settings, TEXTS);
      new RandomSegments(dataset.getVocabularySize(), dataset.getSegmentLength(), ENDS)
          .write(settings.clients(), settings.topics().segments(RUN, ENDS.length));
      new RunPlan(settings).planUpTo(dataset, EPOCHS);
      masker =
          StreamChild.instance(
              settings.clients(), settings.topics(), dataset, RUN, own, "masker-" + name);
      masker.start();
    }

    TrainChild train(String name, boolean broken) throws Exception {
      return TrainChild.start(own, name, EPOCHS, broken, told);
    }

    Path checkpoints() {
      return TrainChild.checkpoints(own);
    }

    List<TrainingStep> ledger() {
      return LedgerReader.after(settings.clients(), settings.topics(), RUN, 0);
    }

    void requireLearnedOnce() {
      LearnedOnce.check(ledger(), new RunPlan(settings).epochs().values(), ENDS);
    }

    /** SHA-256 of the last checkpoint's numbers, by name. */
    Map<String, String> finish(TrainChild last) throws Exception {
      assertThat(last.finish(PATIENCE_S)).as(last.output()).isZero();
      Checkpoint checkpoint = Checkpoints.newest(checkpoints()).orElseThrow();
      assertThat(checkpoint.position().step()).isEqualTo(ledger().size());
      Map<String, String> hashes = new TreeMap<>();
      JSON.readTree(checkpoint.folder().resolve("manifest.json").toFile())
          .get("files")
          .fields()
          .forEachRemaining(
              file -> hashes.put(file.getKey(), file.getValue().get("sha256").asText()));
      hashes.keySet().retainAll(NUMBERS);
      assertThat(hashes).hasSameSizeAs(NUMBERS);
      kills.say(hashes.toString());
      return hashes;
    }

    @Override
    public void close() {
      masker.close();
    }
  }
}
