package dev.remask.app;

import dev.remask.schemas.Books;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.PackerState;
import dev.remask.schemas.SequenceKey;
import dev.remask.topology.PackerProgress;
import dev.remask.trainer.Checkpoint;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.HeldOutScore;
import dev.remask.trainer.Learner;
import dev.remask.trainer.log.TrainingRun;
import java.io.IOException;
import java.util.List;
import java.util.function.ToLongFunction;

/** What comes of a demo: a score, a look at the masks, some masks filled, a table. */
final class DemoConclusion {
  private static final int EPOCHS_SHOWN = 3;
  private static final long SHOWN_SEQUENCE = 500;
  private static final int CANDIDATES = 3;

  private final Settings settings;
  private final DataFolder data;
  private final Console console;
  private final Dataset dataset;

  DemoConclusion(Settings settings, DataFolder data, Console console, Dataset dataset) {
    this.settings = settings;
    this.data = data;
    this.console = console;
    this.dataset = dataset;
  }

  DemoReport conclude(TrainingRun training, List<String> sentences, Demo.Progress progress)
      throws IOException {
    Checkpoint checkpoint = checkpoint();
    console.print("");
    showMasks();
    console.print("");
    HeldOutScore score;
    try (Learner learner = new Trainers(settings).learner(dataset)) {
      learner.load(checkpoint.model(), checkpoint.state());
      score = training.heldOut(settings.integer("evaluate.segments.max")).score(learner);
      fillMasks(learner, sentences);
    }
    console.print("");
    DemoReport report = report(checkpoint, score, progress);
    new DemoSummary(report, console).print();
    return report;
  }

  private Checkpoint checkpoint() throws IOException {
    var folder = data.checkpoints(settings.text("run.name"));
    return Checkpoints.newest(folder)
        .orElseThrow(() -> new IllegalStateException("no sound checkpoint in " + folder));
  }

  private void showMasks() {
    Peek peek = Peek.of(settings, dataset, shown());
    List<Peek.View> views =
        new RunPlan(settings)
            .epochs().values().stream()
                .filter(epoch -> epoch.epoch() > 0)
                .limit(EPOCHS_SHOWN)
                .map(epoch -> peek.view(epoch.epoch(), epoch.plan()))
                .toList();
    peek.print(views, console);
  }

  /** A segment well inside the text: documents often begin with a heading. */
  private SequenceKey shown() {
    long[] ends =
        LogReader.endSequences(
            settings.clients(),
            settings.topics().segments(dataset.getName(), dataset.getPartitions()));
    int partition = 0;
    while (ends[partition] == 0) {
      partition++;
    }
    return new SequenceKey(partition, Math.min(SHOWN_SEQUENCE, ends[partition] - 1));
  }

  private void fillMasks(Learner learner, List<String> sentences) {
    FillMask fill =
        new FillMask(DatasetSettings.vocabulary(dataset), learner, dataset.getSegmentLength());
    for (String sentence : sentences) {
      if (!fill.fits(sentence)) {
        continue;
      }
      console.print(FillMask.render(fill.fill(sentence, CANDIDATES), console));
    }
  }

  private DemoReport report(Checkpoint checkpoint, HeldOutScore score, Demo.Progress progress) {
    var trained = progress.summary().training();
    return new DemoReport(
        books(Books::getDocuments),
        books(Books::getHeldOut),
        books(Books::getDeadLetters) + progress.refused(),
        progress.segments(),
        progress.epochs(),
        trained.examples(),
        progress.summary().examplesVerified(),
        trained.steps(),
        settings.batchSequences(),
        trained.tokens(),
        trained.firstLoss(),
        progress.finalLoss(),
        score.model().loss(),
        score.model().maskLoss(),
        score.unigram().loss(),
        score.unigram().maskLoss(),
        HeldOutFigures.of(score.record()),
        progress.firstStepAt(),
        progress.lastDocumentAt(),
        progress.waiting(),
        console.seconds(),
        checkpoint.folder().toString());
  }

  private long books(ToLongFunction<Books> field) {
    return PackerProgress.states(settings.clients(), settings.topics(), dataset).values().stream()
        .map(PackerState::getBooks)
        .mapToLong(field)
        .sum();
  }
}
