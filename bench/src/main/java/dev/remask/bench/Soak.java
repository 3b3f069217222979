package dev.remask.bench;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masker;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.Evaluator;
import dev.remask.trainer.ExampleSource;
import dev.remask.trainer.Feed;
import dev.remask.trainer.HeldOutScore;
import dev.remask.trainer.Learner;
import dev.remask.trainer.LearningRate;
import dev.remask.trainer.Ledger;
import dev.remask.trainer.LogicalBatch;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.Optimizer;
import dev.remask.trainer.Plans;
import dev.remask.trainer.Position;
import dev.remask.trainer.Recipe;
import dev.remask.trainer.StepListener;
import dev.remask.trainer.TrainingLoop;
import dev.remask.trainer.Until;
import dev.remask.trainer.model.AdamW;
import dev.remask.trainer.model.Initialization;
import dev.remask.trainer.model.Roberta;
import dev.remask.trainer.model.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The process that {@link SoakBenchmark} watches: the trainer's own loop on the demo's model, but
 * for Kafka. Each example is masked when it is read, as by the trainer that recomputes them.
 */
final class Soak implements StepListener {
  private static final ModelShape SHAPE = new ModelShape(2, 64, 2, 256, 2_048, 64);
  private static final Settings MODEL =
      new Settings(Initialization.SHORT_RUN, AdamW.ROBERTA, 0.1, 1, 2, 16);
  private static final int BATCH = 32;
  private static final int WINDOW = 256;
  private static final int PARTITIONS = 2;
  private static final int SEGMENTS = 4_000;
  private static final int HELD_OUT = 128;
  private static final long KIB = 1_024;

  private final int every;
  private final long leak;
  private final List<BytePointer> leaked = new ArrayList<>();

  private Soak(int every, long leak) {
    this.every = every;
    this.leak = leak;
  }

  /** Steps, steps between two lines, KiB to leak a step. */
  public static void main(String[] arguments) throws Exception {
    int steps = Integer.parseInt(arguments[0]);
    int every = Integer.parseInt(arguments[1]);
    Soak soak = new Soak(every, Integer.parseInt(arguments[2]) * KIB);
    Path folder = Files.createTempDirectory("remask-soak");
    Recipe recipe =
        new Recipe(
            LogicalBatch.constant(BATCH),
            16,
            LearningRate.linear(1e-3, 120, steps, 0.1),
            new Optimizer(0.9, 0.98, 1e-6, 0.01, 1),
            WINDOW,
            2,
            every,
            2);
    try (Learner learner = Roberta.create(SHAPE, MODEL)) {
      new TrainingLoop(
              recipe,
              new Recomputing(steps),
              new Forgetful(),
              learner,
              new Checkpoints(folder, 2, new TreeMap<>(), new TreeMap<>()),
              Position.start(PARTITIONS),
              looking(every),
              soak,
              InstantSource.system(),
              System::nanoTime)
          .run(Until.step(steps), () -> false);
    } finally {
      delete(folder);
    }
  }

  @Override
  public void learned(StepReport report) {
    if (leak > 0) {
      BytePointer taken = new BytePointer(leak);
      leaked.add(taken);
      Pointer.memset(taken, 1, leak);
    }
    if (report.step() % every == 0) {
      System.out.println(sample(report.step()));
    }
  }

  private static String sample(long step) {
    System.gc();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    long threads = ManagementFactory.getThreadMXBean().getThreadCount();
    return "%d %d %d %d %d %d"
        .formatted(step, resident(), heap, Pointer.totalBytes(), threads, openFiles());
  }

  private static long resident() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
              .filter(line -> line.startsWith("VmRSS:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
              .findFirst()
              .orElseThrow(() -> new IllegalStateException("no VmRSS in /proc/self/status"))
          * KIB;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long openFiles() {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path path : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(path);
      }
    }
  }

  private static List<Example> masked(int epoch, int partition, long start, long end) {
    Masker masker = new Masker(1, "soak", MaskingPolicy.ROBERTA, SHAPE.vocabulary());
    List<Example> examples = new ArrayList<>();
    for (long sequence = start; sequence < end; sequence++) {
      int[] tokens =
          new Random(partition * (long) SEGMENTS + sequence)
              .ints(SHAPE.positions(), Vocabulary.UNK + 1, SHAPE.vocabulary() - 1)
              .toArray();
      examples.add(
          new Example(epoch, partition, sequence, masker.mask(epoch, partition, sequence, tokens)));
    }
    return examples;
  }

  /** Of one set of held-out segments, again and again. */
  private static Evaluator looking(int every) {
    List<Example> heldOut = masked(Masker.EVALUATION, 0, SEGMENTS, SEGMENTS + HELD_OUT);
    return (step, last, learner, abandons) -> {
      if (step % every != 0) {
        return Optional.empty();
      }
      return learner
          .evaluate(heldOut, abandons)
          .map(e -> new HeldOutScore(HELD_OUT, e, Evaluation.NOTHING, Evaluation.NOTHING, 1, 1));
    };
  }

  /** As many epochs of the same segments as the steps need. */
  private record Recomputing(Plans plans) implements Feed {
    Recomputing(int steps) {
      this(new Plans(1, "soak", PARTITIONS, false, epochs(steps)));
    }

    private static TreeMap<Integer, List<Long>> epochs(int steps) {
      int epochs = steps * BATCH / (PARTITIONS * SEGMENTS) + 1;
      TreeMap<Integer, List<Long>> ends = new TreeMap<>();
      IntStream.rangeClosed(1, epochs)
          .forEach(epoch -> ends.put(epoch, List.of((long) SEGMENTS, (long) SEGMENTS)));
      return ends;
    }

    @Override
    public ExampleSource examples() {
      return Soak::masked;
    }

    @Override
    public ExampleSource recomputed() {
      return examples();
    }

    @Override
    public List<Long> arrived(List<Long> from, int enough, Duration atMost) {
      return from;
    }
  }

  /** A ledger that is never read: what it is kept in is Kafka's memory. */
  private record Forgetful() implements Ledger {
    @Override
    public List<TrainingStep> after(long step) {
      return List.of();
    }

    @Override
    public boolean append(TrainingStep step, BooleanSupplier givesUp) {
      return true;
    }

    @Override
    public boolean flush(BooleanSupplier givesUp) {
      return true;
    }

    @Override
    public void requireSole(BooleanSupplier givesUp) {}

    @Override
    public void close() {}
  }
}
