package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.app.Corpus.Source;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Replication;
import dev.remask.schemas.TrainingStep;
import dev.remask.topology.StreamInstance;
import dev.remask.topology.StreamSettings;
import dev.remask.trainer.Until;
import dev.remask.trainer.log.LedgerReader;
import dev.remask.trainer.log.RunSummary;
import dev.remask.trainer.log.TrainingRun;
import dev.remask.trainer.log.Verification;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.IsolationLevel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two datasets of one documents topic on a real broker, one of segment pairs and one of sentence
 * pairs. Proves that each is packed as if it were alone, and that the next-sentence head learns
 * from pairs, in steps that the ledger fixes bit for bit.
 */
@Timeout(120)
@ExtendWith(TestStack.Shared.class)
class PairsIT {
  private static final String[] SETTINGS = {
    "vocabulary.size=600",
    "segment.length=32",
    "heldout.permille=0",
    "model.layers=1",
    "model.hidden=16",
    "model.feedforward=32",
    "batch.size=64",
    "batch.micro.size=16",
    "order.window=64"
  };

  private static final long STEPS = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path folder;

  @Test
  void pairsArePackedMaskedAndLearned(TestStack stack) throws Exception {
    List<Source> sources = Corpus.demo(Program.HOME.resolve("corpora")).subList(0, 200);
    List<String> texts = new ArrayList<>();
    for (Source source : sources.subList(0, 50)) {
      texts.add(Ingest.text(source, 1_000_000));
    }
    Settings segments = settings(stack, "segment-pair");
    Settings sentences = settings(stack, "sentence-pair");
    Dataset first = TestStack.declare(segments, texts);
    Dataset second = TestStack.declare(sentences, texts);
    assertThat(first.getDocumentsTopic()).isEqualTo(second.getDocumentsTopic());
    try (StreamInstance one = instance(segments, first);
        StreamInstance other = instance(sentences, second);
        Ingest ingest = new Ingest(segments, first)) {
      one.start();
      other.start();
      ingest.feed(Sources.of(sources), Pace.UNLIMITED, (source, reason) -> {}, () -> false);
      ingest.finish(true, (source, reason) -> {});
      assertThat(one.awaitPacked(PATIENCE)).isTrue();
      assertThat(other.awaitPacked(PATIENCE)).isTrue();
      isPackedAsItsReference(segments, first);
      isPackedAsItsReference(sentences, second);
      isLearned(segments, first);
    }
  }

  private static Settings settings(TestStack stack, String format) {
    return stack.settings(
        "pairs.",
        Program.join(
            SETTINGS, "input.format=" + format, "dataset.name=" + format, "run.name=" + format));
  }

  private StreamInstance instance(Settings settings, Dataset dataset) {
    return new StreamInstance(
        new StreamSettings(
            settings.clients(),
            settings.topics(),
            folder.resolve(dataset.getName()),
            1,
            100,
            1_000_000,
            Replication.ONE,
            Duration.ofMinutes(5)),
        dataset,
        settings.text("run.name"),
        Clock.systemUTC(),
        line -> {});
  }

  private static void isPackedAsItsReference(Settings settings, Dataset dataset) {
    StreamRows packed =
        StreamRows.segments(
            settings.clients(),
            settings.topics().segments(dataset.getName(), dataset.getPartitions()),
            IsolationLevel.READ_COMMITTED);
    StreamRows reference = StreamReference.of(settings.clients(), dataset).segments();
    assertThat(packed.difference(reference)).isEmpty();
  }

  private void isLearned(Settings settings, Dataset dataset) throws Exception {
    TrainingRun run =
        new Trainers(settings).run(dataset, folder.resolve("checkpoints"), step -> {});
    RunSummary learned = run.train(Until.step(STEPS), () -> false);
    assertThat(learned.examplesVerified()).isEqualTo(learned.training().examples()).isPositive();
    List<TrainingStep> ledger =
        LedgerReader.after(settings.clients(), settings.topics(), settings.text("run.name"), 0);
    assertThat(ledger).hasSize((int) STEPS);
    assertThat(ledger).allMatch(step -> step.getNextSentenceLoss() > 0);
    Verification again = run.verify(Optional.empty(), STEPS, () -> false);
    assertThat(again.difference()).isEmpty();
    assertThat(again.same()).isEqualTo(STEPS);
  }
}
