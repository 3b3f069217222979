package dev.remask.app;

import dev.remask.app.Console.Style;
import dev.remask.app.Corpus.Source;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.Document;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.PackerState;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.Topic;
import dev.remask.schemas.Topics;
import dev.remask.topology.DocumentDecoder;
import dev.remask.topology.MaskingPolicies;
import dev.remask.topology.PackerProgress;
import dev.remask.topology.Planner;
import dev.remask.topology.StreamInstance;
import dev.remask.topology.StreamSettings;
import dev.remask.trainer.Checkpoint;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.Learner;
import dev.remask.trainer.Until;
import dev.remask.trainer.log.HeldOutScore;
import dev.remask.trainer.log.RunSummary;
import dev.remask.trainer.log.TrainingRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.BooleanSupplier;

/** The whole line on one machine, told from top to bottom. */
final class Demo {
  /**
   * @param texts what to ingest, in this order
   * @param ingestTime over which the new texts are streamed
   * @param replays epochs to add, unless planned ones are still to be learned
   * @param sentences to fill a mask in at the end
   */
  record Script(List<Source> texts, Duration ingestTime, int replays, List<String> sentences) {}

  private static final Duration PACKED_MAX = Duration.ofMinutes(10);
  private static final int HELD_OUT_SEGMENTS_MAX = 2000;
  private static final int CANDIDATES = 3;

  private final Settings settings;
  private final DataFolder data;
  private final Script script;
  private final Console console;
  private final BooleanSupplier stop;

  private final Topics topics;
  private final String run;
  private final LearningCurve curve = new LearningCurve();
  private volatile double firstStepAt = Double.NaN;

  Demo(Settings settings, DataFolder data, Script script, Console console, BooleanSupplier stop) {
    this.settings = settings;
    this.data = data;
    this.script = script;
    this.console = console;
    this.stop = stop;
    this.topics = settings.topics();
    this.run = settings.text("run.name");
  }

  /** Runs on a stack that is up; {@code settings} name it. */
  DemoReport run() throws Exception {
    Dataset dataset = dataset();
    int lastEpoch = declareRun(dataset);
    TrainingRun training =
        new Trainers(settings)
            .run(
                dataset,
                data.checkpoints(run),
                step -> {
                  if (Double.isNaN(firstStepAt)) {
                    firstStepAt = console.seconds();
                  }
                  curve.learned(step);
                });
    training.requireSameConfiguration();
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
      Ingested ingested = ingest(dataset, stream, learning);
      plan(dataset, stream, lastEpoch);
      RunSummary summary = learn(stream, learning, lastEpoch);
      return conclude(dataset, training, ingested, summary);
    }
  }

  /** The dataset as it was declared, else a new one with a vocabulary learned from the texts. */
  private Dataset dataset() {
    Setup setup = new Setup(settings);
    setup.ensureSharedTopics();
    DatasetSettings wanted = new DatasetSettings(settings);
    String name = settings.text("dataset.name");
    Dataset known = Datasets.find(settings.clients(), topics, name).orElse(null);
    if (known != null) {
      Vocabulary vocabulary = wanted.requireSame(known);
      console.part(
          "dataset",
          name
              + " is there: "
              + vocabulary.size()
              + " token ids, segments of "
              + known.getSegmentLength());
      return known;
    }
    Vocabulary vocabulary = Vocabulary.learn(readable(), settings.integer("vocabulary.size"));
    console.part(
        "vocabulary", vocabulary.size() + " byte-level BPE tokens, learned from the text itself");
    Dataset declared = setup.declare(wanted.declare(vocabulary, Clock.systemUTC().instant()));
    console.part(
        "dataset",
        name
            + ": "
            + settings.text("input.format")
            + ", segments of "
            + declared.getSegmentLength()
            + ", "
            + declared.getPartitions()
            + " partitions, "
            + declared.getHeldOutPermille()
            + " ‰ of the documents held out");
    return declared;
  }

  private List<String> readable() {
    return script.texts().stream()
        .map(source -> new String(source.bytes(), StandardCharsets.UTF_8))
        .toList();
  }

  /** Declares the run, and says up to which epoch it will be learned now. */
  private int declareRun(Dataset dataset) throws IOException {
    new Setup(settings).ensureTopics(dataset, run);
    try (Planner planner = new Planner(settings.clients(), topics, run)) {
      planner.declare(
          dataset.getName(),
          settings.whole("run.seed"),
          MaskingPolicies.encode(settings.masking()),
          Clock.systemUTC().instant());
    }
    int planned = epochs().lastKey();
    int learned =
        Checkpoints.newest(data.checkpoints(run)).map(c -> c.position().epoch()).orElse(0);
    boolean pending = planned > learned || (planned > 0 && !finished(planned));
    return pending ? planned : planned + script.replays();
  }

  private boolean finished(int epoch) throws IOException {
    List<Long> ends = epochs().get(epoch).plan().getEnds();
    long size = ends == null ? 0 : ends.stream().mapToLong(Long::longValue).sum();
    return Checkpoints.newest(data.checkpoints(run))
        .map(Checkpoint::position)
        .map(p -> p.epoch() > epoch || (p.epoch() == epoch && p.index() >= size))
        .orElse(false);
  }

  private SortedMap<Integer, PlannedEpoch> epochs() {
    try (PlanReader plans = new PlanReader(settings.clients(), topics)) {
      plans.readToEnd();
      return plans.epochs(run);
    }
  }

  private StreamInstance stream(Dataset dataset) {
    StreamSettings stream =
        new StreamSettings(
            settings.clients(),
            topics,
            data.streams(),
            settings.integer("stream.threads"),
            settings.integer("stream.commit.interval.ms"),
            settings.whole("examples.ahead.max"));
    return new StreamInstance(
        stream, dataset, run, () -> DocumentDecoder.avro(settings.clients()), Clock.systemUTC());
  }

  /**
   * @param lastDocumentAt NaN if there was none
   */
  private record Ingested(long refused, double lastDocumentAt) {}

  /** Streams the texts that are not there yet, while what has come is already learned. */
  private Ingested ingest(Dataset dataset, StreamInstance stream, Background<?> learning)
      throws Exception {
    Topic<Document> documents = topics.documents(dataset.getPartitions());
    Set<String> present = new HashSet<>();
    LogReader.readAll(
        settings.clients(),
        documents,
        record -> present.add(new String(record.key(), StandardCharsets.UTF_8)));
    List<Source> missing =
        script.texts().stream().filter(source -> !present.contains(source.id())).toList();
    try (Ingest ingest =
            new Ingest(
                settings.clients(),
                documents,
                topics.deadLetters(),
                dataset.getDocumentCharsMax());
        Background<Void> feeding =
            new Background<>(
                "remask-ingest",
                ended -> {
                  ingest.feed(
                      missing,
                      script.ingestTime(),
                      (source, reason) ->
                          console.print(
                              console.in(
                                  Style.YELLOW,
                                  "          refused "
                                      + source.id()
                                      + ": "
                                      + reason.reason().code()
                                      + ", "
                                      + reason.getMessage())),
                      ended);
                  return null;
                })) {
      feeding.start();
      while (!feeding.finished()) {
        requireAlive(stream, learning);
        console.progress(
            "ingest",
            String.format(
                Locale.ROOT,
                "%,d of %,d documents · live lane: step %d%s",
                ingest.written(),
                missing.size(),
                curve.steps(),
                lossText()));
      }
      feeding.result();
      double lastDocumentAt = missing.isEmpty() ? Double.NaN : console.seconds();
      String already =
          present.isEmpty()
              ? ""
              : String.format(
                  Locale.ROOT, ", %,d were there", script.texts().size() - missing.size());
      console.part(
          "ingest",
          String.format(
              Locale.ROOT,
              "%,d documents%s, %d refused · %d steps learned meanwhile",
              ingest.written(),
              already,
              ingest.refused(),
              curve.steps()));
      return new Ingested(ingest.refused(), lastDocumentAt);
    }
  }

  /** Epochs are bounded by what is packed when they are planned, so all text must be. */
  private void plan(Dataset dataset, StreamInstance stream, int lastEpoch) {
    if (!stream.awaitPacked(PACKED_MAX)) {
      throw new IllegalStateException(
          "the text was not packed within " + PACKED_MAX.toMinutes() + " minutes",
          stream.failure().orElse(null));
    }
    int planned = epochs().lastKey();
    if (planned < lastEpoch) {
      try (Planner planner = new Planner(settings.clients(), topics, run)) {
        planner.plan(dataset, lastEpoch - planned, Clock.systemUTC().instant());
      }
    }
    console.part(
        "replay",
        String.format(
            Locale.ROOT,
            "%,d segments, to be learned up to epoch %d, each time under fresh masks",
            segments(dataset),
            lastEpoch));
  }

  private long segments(Dataset dataset) {
    long[] ends =
        LogReader.endSequences(
            settings.clients(), topics.segments(dataset.getName(), dataset.getPartitions()));
    return java.util.Arrays.stream(ends).sum();
  }

  private RunSummary learn(StreamInstance stream, Background<RunSummary> learning, int lastEpoch)
      throws Exception {
    while (!learning.finished()) {
      requireAlive(stream, learning);
      console.progress(
          "train",
          String.format(
              Locale.ROOT,
              "epoch %d of %d · step %,d%s · %,.0f tokens/s  %s",
              curve.epoch(),
              lastEpoch,
              curve.lastStep(),
              lossText(),
              curve.tokensPerSecond(),
              curve.bars(24)));
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
            lossText(),
            console.in(Style.CYAN, curve.bars(40))));
    console.part(
        "verified",
        String.format(
            Locale.ROOT,
            "%,d of %,d examples read from Kafka equal the ones recomputed from segment and plan",
            summary.examplesVerified(),
            summary.training().examples()));
    return summary;
  }

  private String lossText() {
    return Double.isNaN(curve.recentLoss())
        ? ""
        : String.format(Locale.ROOT, " · loss %.2f", curve.recentLoss());
  }

  private void requireAlive(StreamInstance stream, Background<?> learning) throws Exception {
    if (stream.failure().isPresent()) {
      throw new IllegalStateException(
          "streaming ended: " + stream.failure().get(), stream.failure().get());
    }
    if (learning.finished()) {
      learning.result();
    }
  }

  private DemoReport conclude(
      Dataset dataset, TrainingRun training, Ingested ingested, RunSummary summary)
      throws IOException {
    Checkpoint checkpoint =
        Checkpoints.newest(data.checkpoints(run))
            .orElseThrow(
                () -> new IllegalStateException("no checkpoint in " + data.checkpoints(run)));
    HeldOutScore score;
    try (Learner learner = new Trainers(settings).learner(dataset)) {
      learner.load(checkpoint.model(), checkpoint.state());
      score = training.heldOut(HELD_OUT_SEGMENTS_MAX).score(learner);
      showMasks(dataset);
      showFilled(dataset, learner);
    }
    Collection<PackerState> states = PackerProgress.states(settings.clients(), dataset).values();
    DemoReport report = report(dataset, checkpoint, score, states, ingested, summary);
    new DemoSummary(report, console).print();
    return report;
  }

  private DemoReport report(
      Dataset dataset,
      Checkpoint checkpoint,
      HeldOutScore score,
      Collection<PackerState> states,
      Ingested ingested,
      RunSummary summary) {
    return new DemoReport(
        states.stream().mapToLong(s -> s.getBooks().getDocuments()).sum(),
        states.stream().mapToLong(s -> s.getBooks().getHeldOut()).sum(),
        states.stream().mapToLong(s -> s.getBooks().getDeadLetters()).sum() + ingested.refused(),
        segments(dataset),
        1 + checkpoint.position().epoch(),
        summary.training().examples(),
        summary.examplesVerified(),
        summary.training().steps(),
        settings.integer("batch.size"),
        summary.training().tokens(),
        summary.training().firstLoss(),
        curve.recentLoss(),
        score.model().loss(),
        score.model().maskLoss(),
        score.unigram().loss(),
        score.unigram().maskLoss(),
        orNull(firstStepAt),
        orNull(ingested.lastDocumentAt()),
        console.seconds(),
        checkpoint.folder().toString());
  }

  private static @org.jspecify.annotations.Nullable Double orNull(double value) {
    return Double.isNaN(value) ? null : value;
  }

  private void showMasks(Dataset dataset) {
    Peek peek = new Peek(settings, dataset, new Peek.Place(0, 0));
    console.print("");
    peek.print(
        epochs().values().stream()
            .filter(e -> e.epoch() > 0)
            .limit(3)
            .map(e -> peek.view(e.epoch(), e.plan()))
            .toList(),
        console);
  }

  private void showFilled(Dataset dataset, Learner learner) {
    FillMask fill =
        new FillMask(DatasetSettings.vocabulary(dataset), learner, dataset.getSegmentLength());
    console.print("");
    script
        .sentences()
        .forEach(
            sentence -> console.print(FillMask.render(fill.fill(sentence, CANDIDATES), console)));
    console.print("");
  }
}
