package dev.remask.app;

import dev.remask.app.Console.Style;
import dev.remask.app.Corpus.Source;
import dev.remask.mlm.HeldOut;
import dev.remask.mlm.Vocabulary;
import dev.remask.mlm.VocabularyLearner;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.Topics;
import dev.remask.topology.BadDocument;
import dev.remask.topology.StreamInstance;
import dev.remask.trainer.StepListener;
import dev.remask.trainer.StepListener.StepReport;
import dev.remask.trainer.Until;
import dev.remask.trainer.log.RunSummary;
import dev.remask.trainer.log.TrainingRun;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.config.ConfigException;

/** The whole line on one machine, told from top to bottom. */
final class Demo {
  /**
   * @param texts what to ingest, in this order
   * @param ingestTime over which the new texts are streamed
   * @param replays epochs to add, unless planned ones are still to be learned
   * @param sentences to fill a mask in at the end
   */
  record Script(Texts texts, Duration ingestTime, int replays, List<String> sentences) {}

  /**
   * What happened, as far as the report tells it; NaN for what did not.
   *
   * @param refused documents that never got into the log
   * @param finalLoss over the last 50 steps
   * @param waiting share of the time of the replays that went into waiting for examples
   */
  record Progress(
      long refused,
      double firstStepAt,
      double lastDocumentAt,
      long segments,
      double finalLoss,
      int epochs,
      double waiting,
      RunSummary summary) {}

  private static final Duration FIRST_STEP_MAX = Duration.ofSeconds(10);
  private static final Duration PACKED_MAX = Duration.ofMinutes(10);

  private final Settings settings;
  private final DataFolder data;
  private final Script script;
  private final Console console;
  private final Runnable requireStack;
  private final BooleanSupplier stop;

  private final Topics topics;
  private final LearningCurve curve = new LearningCurve();
  private volatile double firstStepAt = Double.NaN;
  private long refused;
  private double lastDocumentAt = Double.NaN;

  /**
   * @param settings name the stack that it runs on
   * @param requireStack throws if that has died
   */
  Demo(
      Settings settings,
      DataFolder data,
      Script script,
      Console console,
      Runnable requireStack,
      BooleanSupplier stop) {
    this.settings = settings;
    this.data = data;
    this.script = script;
    this.console = console;
    this.requireStack = requireStack;
    this.stop = stop;
    this.topics = settings.topics();
  }

  /** Nothing if it was stopped before all was learned. */
  Optional<DemoReport> run() throws Exception {
    Dataset dataset = dataset();
    Settings ofDataset = DatasetSettings.of(settings, dataset);
    Trainers trainers = new Trainers(ofDataset);
    trainers.check(dataset);
    new Setup(settings).ensureTopics(dataset, settings.text("run.name"));
    RunPlan plan = new RunPlan(settings);
    plan.declare(dataset);
    Path checkpoints = data.checkpoints(settings.text("run.name"));
    TrainingRun training = trainers.run(dataset, checkpoints, listener());
    training.requireSameConfiguration();
    int lastEpoch = plan.lastEpoch(checkpoints, script.replays());

    try (StreamInstance stream = stream(dataset);
        Background<RunSummary> learning =
            new Background<>(
                "remask-train",
                ended ->
                    training.train(
                        Until.epoch(lastEpoch),
                        () -> ended.getAsBoolean() || stop.getAsBoolean()))) {
      stream.start();
      learning.start();
      awaitRunning(stream, learning);
      ingest(dataset, stream, learning);
      plan(dataset, plan, stream, learning, lastEpoch);
      RunSummary summary = learn(stream, learning, lastEpoch);
      if (stop.getAsBoolean()) {
        return Optional.empty();
      }
      return Optional.of(
          new DemoConclusion(ofDataset, data, console, dataset)
              .conclude(training, script.sentences(), progress(dataset, summary)));
    }
  }

  private Progress progress(Dataset dataset, RunSummary summary) {
    return new Progress(
        refused,
        firstStepAt,
        lastDocumentAt,
        segments(dataset),
        curve.recentLoss(),
        curve.epochs(),
        curve.replayWaiting(),
        summary);
  }

  /** The dataset as it was declared, else a new one with a vocabulary learned from the texts. */
  private Dataset dataset() throws InterruptedException {
    Setup setup = new Setup(settings);
    setup.ensureSharedTopics();
    Optional<Dataset> known =
        Datasets.find(settings.clients(), topics, settings.text("dataset.name"));
    if (known.isPresent()) {
      Settings unused = DatasetSettings.of(settings, known.get());
      console.part("dataset", describe(known.get()) + " (was there)");
      return known.get();
    }
    Vocabulary vocabulary = learnVocabulary();
    console.part("vocabulary", vocabulary.size() + " byte-level BPE tokens, learned from the text");
    Dataset declared =
        setup.declare(
            new DatasetSettings(settings).declare(vocabulary, Clock.systemUTC().instant()));
    console.part("dataset", describe(declared));
    return declared;
  }

  private String describe(Dataset dataset) {
    return String.format(
        Locale.ROOT,
        "%s: %s, segments of %d tokens, %d partitions, %.1f %% of the documents held out",
        dataset.getName(),
        settings.text("input.format"),
        dataset.getSegmentLength(),
        dataset.getPartitions(),
        dataset.getHeldOutPermille() / 10.0);
  }

  private Vocabulary learnVocabulary() throws InterruptedException {
    VocabularyLearner learner = new VocabularyLearner();
    int heldOut = settings.integer("heldout.permille");
    int charsMax = settings.integer("document.chars.max");
    boolean any = false;
    try (Sources texts = script.texts().open(charsMax, stop)) {
      for (Source source = texts.next(); source != null; source = texts.next()) {
        if (!HeldOut.contains(source.id(), heldOut)) {
          try {
            learner.add(Ingest.text(source, charsMax));
            any = true;
          } catch (BadDocument e) {
            // Named when it is ingested.
          }
        }
      }
    }
    if (!any) {
      throw new ConfigException("--text: holds no document that is text");
    }
    return learner.learn(settings.integer("vocabulary.size"));
  }

  private StreamInstance stream(Dataset dataset) {
    return new Streaming(settings)
        .instance(dataset, data.streams(), line -> console.part("stream", line));
  }

  private StepListener listener() {
    return new StepListener() {
      @Override
      public void learned(StepReport step) {
        Demo.this.learned(step);
      }

      @Override
      public void warning(String line) {
        console.part("warning", console.in(Style.YELLOW, line));
      }
    };
  }

  private void learned(StepReport step) {
    if (Double.isNaN(firstStepAt)) {
      firstStepAt = console.seconds();
    }
    curve.learned(step);
  }

  /** The text streams into a line that is up, so that what has come is learned while more comes. */
  private void awaitRunning(StreamInstance stream, Background<?> learning) throws Exception {
    while (!stop.getAsBoolean() && !stream.status().isRunning()) {
      requireAlive(stream, learning);
    }
    console.part(
        "stream", "packer and live masker run, exactly once; the trainer waits for examples");
  }

  /** Streams the texts that are not there yet, while what has come is already learned. */
  private void ingest(Dataset dataset, StreamInstance stream, Background<?> learning)
      throws Exception {
    int charsMax = dataset.getDocumentCharsMax();
    try (Ingest ingest = new Ingest(settings, dataset);
        Background<Double> feeding =
            new Background<>(
                "remask-ingest",
                ended ->
                    feed(ingest, charsMax, () -> ended.getAsBoolean() || stop.getAsBoolean()))) {
      feeding.start();
      while (!feeding.finished()) {
        requireAlive(stream, learning);
        console.progress(
            "ingest",
            String.format(
                Locale.ROOT,
                "%,d documents, %.0f %% of the text · live lane: step %,d%s",
                ingest.written(),
                Math.floor(100 * ingest.share()),
                curve.lastStep(),
                loss()));
      }
      double endedAt = feeding.result();
      refused = ingest.refused();
      lastDocumentAt = ingest.written() == 0 ? Double.NaN : endedAt;
      console.part(
          "ingest",
          String.format(
              Locale.ROOT,
              "%,d documents, %,d refused, %,d were there; %,d steps learned meanwhile",
              ingest.written(),
              refused,
              ingest.skipped(),
              curve.steps()));
    }
  }

  /** Returns when the last document was sent. */
  private double feed(Ingest ingest, int charsMax, BooleanSupplier ended)
      throws InterruptedException {
    Ingest.Refusals refusals = Ingest.Refusals.to(console);
    try (Sources texts = script.texts().open(charsMax, ended)) {
      ingest.feed(
          new LastHeldBack(texts, () -> awaitFirstStep(ingest, ended)),
          Pace.over(script.ingestTime()),
          refusals,
          ended);
    }
    double lastSentAt = console.seconds();
    ingest.finish(true, refusals);
    return lastSentAt;
  }

  /** On a slow machine too, the text still streams while it is learned. */
  private void awaitFirstStep(Ingest ingest, BooleanSupplier ended) throws InterruptedException {
    boolean begins = ingest.written() > 0;
    long deadline = System.nanoTime() + FIRST_STEP_MAX.toNanos();
    while (begins
        && Double.isNaN(firstStepAt)
        && !ended.getAsBoolean()
        && System.nanoTime() < deadline) {
      Thread.sleep(50);
    }
  }

  /** Epochs are bounded by what is packed when they are planned, so all text must be. */
  private void plan(
      Dataset dataset, RunPlan plan, StreamInstance stream, Background<?> learning, int lastEpoch)
      throws Exception {
    Duration look = Duration.ofMillis(500);
    long deadline = System.nanoTime() + PACKED_MAX.toNanos();
    while (!stop.getAsBoolean() && !stream.awaitPacked(look)) {
      requireAlive(stream, learning);
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "the text was not packed within " + PACKED_MAX.toMinutes() + " minutes");
      }
    }
    if (!stop.getAsBoolean()) {
      plan.planUpTo(dataset, lastEpoch);
      console.part(
          "replay",
          String.format(
              Locale.ROOT,
              "%,d segments; epochs up to %d planned, each masked afresh",
              segments(dataset),
              lastEpoch));
    }
  }

  private long segments(Dataset dataset) {
    return Arrays.stream(
            LogReader.endSequences(
                settings.clients(), topics.segments(dataset.getName(), dataset.getPartitions())))
        .sum();
  }

  private RunSummary learn(StreamInstance stream, Background<RunSummary> learning, int lastEpoch)
      throws Exception {
    while (!learning.finished()) {
      requireAlive(stream, learning);
      if (curve.steps() > 0) {
        String place = "epoch %d of %d".formatted(curve.epoch(), lastEpoch);
        console.progress("train", ProgressLine.of(curve, place, console));
      }
    }
    RunSummary summary = learning.result();
    console.part(
        "train",
        String.format(
            Locale.ROOT,
            "%,d steps, %,d examples, %,d tokens%s  %s",
            summary.training().steps(),
            summary.training().examples(),
            summary.training().tokens(),
            loss(),
            console.in(Style.CYAN, curve.bars(40))));
    console.part(
        "verified",
        String.format(
            Locale.ROOT,
            "%,d of %,d examples from Kafka equal those recomputed from segment and plan",
            summary.examplesVerified(),
            summary.training().examples()));
    return summary;
  }

  private String loss() {
    return Double.isNaN(curve.recentLoss())
        ? ""
        : String.format(Locale.ROOT, " · loss %.2f", curve.recentLoss());
  }

  private void requireAlive(StreamInstance stream, Background<?> learning) throws Exception {
    requireStack.run();
    Optional<Throwable> failure = stream.failure();
    if (failure.isPresent()) {
      throw new IllegalStateException("streaming ended: " + failure.get(), failure.get());
    }
    if (learning.finished()) {
      learning.result();
    }
  }
}
