package dev.remask.app;

import dev.remask.mlm.Example;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.LiveRange;
import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.Checkpoint;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.Learner;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.Position;
import dev.remask.trainer.Prediction;
import dev.remask.trainer.StepResult;
import dev.remask.trainer.StepWatch;
import dev.remask.trainer.Until;
import dev.remask.trainer.log.LedgerReader;
import dev.remask.trainer.log.RunSummary;
import dev.remask.trainer.log.TrainingRun;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A trainer in a process of its own, which a test may kill at any time. What it is in the middle of
 * stands in a mapped file, so that this is known to the microsecond, and after its death.
 */
final class TrainChild {
  /** What a trainer can be in the middle of. */
  enum Phase {
    /** Starting, at the ledger, waiting for examples. */
    ELSEWHERE,
    /** In an optimizer step, be it a new one or one of the ledger's. */
    STEP,
    /** Writing weights and moments aside; the ledger has the step. */
    WRITE,
    /** After that: manifest, forcing to disk, rename, clearing away. */
    RENAME
  }

  private static final int PHASE_AT = 0;
  private static final int STEP_AT = Long.BYTES;
  private static final int MARKS_BYTES = 2 * Long.BYTES;

  private final Process process;
  private final Path output;
  private final MappedByteBuffer marks;

  private TrainChild(Process process, Path output, MappedByteBuffer marks) {
    this.process = process;
    this.output = output;
    this.marks = marks;
  }

  /**
   * @param folder holds checkpoints and output
   * @param epoch to learn up to; then it ends
   * @param broken whether it goes on from where the ledger ends with the weights of the checkpoint
   * @param settings {@code key=value}, over the demo's
   */
  static TrainChild start(
      Path folder, String name, int epoch, boolean broken, Map<String, String> settings)
      throws IOException {
    Path output = folder.resolve(name + ".txt");
    Path marks = folder.resolve(name + ".marks");
    Files.write(marks, new byte[MARKS_BYTES]);
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "--add-modules",
                "jdk.incubator.vector",
                "-Dremask.log.file=" + folder.resolve(name + ".log"),
                "-cp",
                System.getProperty("java.class.path"),
                TrainChild.class.getName(),
                checkpoints(folder).toString(),
                marks.toString(),
                Integer.toString(epoch),
                Boolean.toString(broken)));
    settings.forEach((key, value) -> command.add(key + "=" + value));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    return new TrainChild(process, output, map(marks));
  }

  static Path checkpoints(Path folder) {
    return folder.resolve("checkpoints");
  }

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    MappedByteBuffer marks = map(Path.of(arguments[1]));
    Map<String, String> all = new HashMap<>(DemoDefaults.ALL);
    for (String setting : Arrays.asList(arguments).subList(4, arguments.length)) {
      String[] parts = setting.split("=", 2);
      all.put(parts[0], parts[1]);
    }
    Settings settings = Settings.of(all, null, Map.of(), Map.of());
    Dataset dataset =
        Datasets.find(settings.clients(), settings.topics(), settings.text("dataset.name"))
            .orElseThrow();
    Trainers trainers = new Trainers(settings);
    if (Boolean.parseBoolean(arguments[3])) {
      believeTheLedger(settings, folder, trainers, dataset);
    }
    RunSummary unused =
        new TrainingRun(
                trainers.runSettings(dataset, folder),
                () -> new Marked(trainers.learner(dataset), marks),
                step -> {})
            .train(Until.epoch(Integer.parseInt(arguments[2])), () -> false);
  }

  /** The newest checkpoint's weights, at the position that the ledger was committed with. */
  private static void believeTheLedger(
      Settings settings, Path folder, Trainers trainers, Dataset dataset) throws IOException {
    Optional<Checkpoint> newest = Checkpoints.newest(folder);
    if (newest.isEmpty()) {
      return;
    }
    Checkpoint checkpoint = newest.get();
    Position position = checkpoint.position();
    for (TrainingStep step :
        LedgerReader.after(
            settings.clients(),
            settings.topics(),
            settings.text("run.name"),
            checkpoint.position().step())) {
      position = after(position, step);
    }
    SortedMap<String, byte[]> tokenizer = new TreeMap<>();
    try (Learner learner = trainers.learner(dataset)) {
      learner.load(checkpoint.model(), checkpoint.state());
      new Checkpoints(
              folder, settings.integer("checkpoint.keep"), checkpoint.configuration(), tokenizer)
          .save(position, learner);
    }
  }

  private static Position after(Position position, TrainingStep step) {
    List<Long> live = new ArrayList<>(position.live());
    for (LiveRange range : step.getLiveRanges()) {
      live.set(range.getPartition(), range.getEnd());
    }
    return new Position(
        step.getStep(),
        Math.max(position.epoch(), step.getEpoch()),
        step.getEpoch() == 0 ? position.index() : step.getOrderEnd(),
        live);
  }

  private static MappedByteBuffer map(Path marks) throws IOException {
    try (FileChannel channel =
        FileChannel.open(marks, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return channel.map(MapMode.READ_WRITE, 0, MARKS_BYTES);
    }
  }

  Phase phase() {
    return Phase.values()[(int) marks.getLong(PHASE_AT)];
  }

  /** The step that it has begun last, be it a new one or one of the ledger's. */
  long step() {
    return marks.getLong(STEP_AT);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  String output() throws IOException {
    return Files.readString(output);
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    int unused = process.destroyForcibly().waitFor();
  }

  /** The exit code, or -1 if it did not end in time. */
  int finish(long seconds) throws InterruptedException {
    return process.waitFor(seconds, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }

  /** Marks what it is asked to do, and else only passes on. */
  private record Marked(Learner learner, MappedByteBuffer marks) implements Learner {
    private void mark(Phase phase) {
      marks.putLong(PHASE_AT, phase.ordinal());
    }

    @Override
    public Optional<StepResult> step(
        List<Example> batch, double learningRate, long step, StepWatch watch) {
      marks.putLong(STEP_AT, step);
      mark(Phase.STEP);
      Optional<StepResult> result = learner.step(batch, learningRate, step, watch);
      mark(Phase.ELSEWHERE);
      return result;
    }

    @Override
    public void save(Path model, Path state) throws IOException {
      mark(Phase.WRITE);
      learner.save(model, state);
      mark(Phase.RENAME);
    }

    @Override
    public Optional<Evaluation> evaluate(List<Example> examples, BooleanSupplier abandons) {
      return learner.evaluate(examples, abandons);
    }

    @Override
    public List<Prediction> predict(int[] tokens, int position, int most) {
      return learner.predict(tokens, position, most);
    }

    @Override
    public float[] logits(int[] tokens, int position) {
      return learner.logits(tokens, position);
    }

    @Override
    public ModelShape shape() {
      return learner.shape();
    }

    @Override
    public double operationsPerSecondMax() {
      return learner.operationsPerSecondMax();
    }

    @Override
    public String parametersSha256() {
      return learner.parametersSha256();
    }

    @Override
    public String fingerprint() {
      return learner.fingerprint();
    }

    @Override
    public void load(Path model, Path state) throws IOException {
      learner.load(model, state);
    }

    @Override
    public void close() {
      learner.close();
    }
  }
}
