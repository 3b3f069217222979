package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.schemas.Dataset;
import dev.remask.schemas.Replication;
import dev.remask.schemas.Segment;
import dev.remask.schemas.Topic;
import dev.remask.schemas.Topics;
import dev.remask.topology.StreamInstance;
import dev.remask.topology.StreamSettings;
import dev.remask.topology.StreamStatus;
import dev.remask.trainer.Until;
import dev.remask.trainer.log.LedgerReader;
import dev.remask.trainer.log.RunSummary;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The least that a masker may be ahead, and a trainer that comes late: an instance that waits at
 * the mark leaves, one that came while there was no room has never masked, a third comes in the
 * middle. All examples of the live lane and of a replay are learned all the same (invariant 10).
 */
@Timeout(180)
@ExtendWith(TestStack.Shared.class)
class PausedIT {
  /** {@code [P]}; one partition holds nothing. */
  private static final long[] ENDS = {6_000, 5_000, 0, 7_000};

  /** What is masked before, more than the mark where there is anything. */
  private static final long[] BEFORE = {3_000, 2_500, 0, 3_500};

  private static final int REPLAYS = 1;

  /** 2 x (logical batch + window), the least that is allowed. */
  private static final int MARK = 1_024;

  private static final String[] SETTINGS = {
    "dataset.name=paused",
    "run.name=paused",
    "vocabulary.size=600",
    "segment.length=16",
    "heldout.permille=0",
    "model.layers=1",
    "model.hidden=16",
    "model.feedforward=32",
    "batch.size=256",
    "batch.micro.size=128",
    "order.window=256",
    "checkpoint.every.steps=10",
    "examples.ahead.max=" + MARK
  };

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Settings settings;
  private Topics topics;
  private Dataset dataset;
  private Path folder;

  @Test
  void whoWaitsForTheTrainerNeverWaitsForEver(TestStack stack, @TempDir Path temporary)
      throws Exception {
    folder = temporary;
    settings = stack.settings("paused.", SETTINGS);
    topics = settings.topics();
    dataset = TestStack.declare(settings, List.of("The vocabulary is there."));
    Topic<Segment> log = topics.segments("paused", ENDS.length);
    segments(BEFORE).write(settings.clients(), log);
    try (StreamInstance full = instance("full")) {
      full.start();
      Await.until("it masks what there is", PATIENCE, () -> masked(full) == sum(BEFORE));
    }
    segments(ENDS).write(settings.clients(), log, BEFORE);
    RunPlan plan = new RunPlan(settings);
    plan.planUpTo(dataset, REPLAYS);

    try (StreamInstance late = instance("late");
        Background<RunSummary> training =
            new Background<>(
                "train",
                ended ->
                    new Trainers(settings)
                        .run(dataset, folder.resolve("checkpoints"), step -> {})
                        .train(Until.epoch(REPLAYS), ended))) {
      late.start();
      Thread.sleep(2_000); // Some looks, at none of which there is room.
      StreamStatus status = late.status();
      assertThat(status.live().waiting()).isTrue();
      assertThat(status.live().masked()).as("not begun").isEqualTo(sum(BEFORE));
      training.start();
      Await.until("there is room", PATIENCE, () -> masked(late) > sum(BEFORE));
      try (StreamInstance third = instance("third")) {
        third.start();
        Await.until("all is learned", PATIENCE, training::finished);
        assertThat(third.failure()).isEmpty();
      }
      assertThat(late.failure()).isEmpty();
      assertThat(late.status().counts().pauses()).isPositive();
      assertThat(training.result().repeats()).isZero();
    }
    LearnedOnce.check(
        LedgerReader.after(settings.clients(), topics, "paused", 0), plan.epochs().values(), ENDS);
  }

  private RandomSegments segments(long[] ends) {
    return new RandomSegments(dataset.getVocabularySize(), dataset.getSegmentLength(), ends);
  }

  private static long sum(long[] ends) {
    return Arrays.stream(ends).sum();
  }

  private static long masked(StreamInstance stream) {
    return stream.status().live().masked();
  }

  private StreamInstance instance(String name) {
    return new StreamInstance(
        new StreamSettings(
            settings.clients(),
            topics,
            folder.resolve(name),
            1,
            100,
            MARK,
            Replication.ONE,
            Duration.ofMinutes(5)),
        dataset,
        "paused",
        Clock.systemUTC(),
        line -> {});
  }
}
