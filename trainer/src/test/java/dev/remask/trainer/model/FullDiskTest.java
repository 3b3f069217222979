package dev.remask.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.remask.mlm.Example;
import dev.remask.trainer.Checkpoint;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.Learner;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.Position;
import dev.remask.trainer.Prediction;
import dev.remask.trainer.StepResult;
import dev.remask.trainer.StepWatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A disk that fills up while a real model is saved: {@code /dev/full} in the place of one of its
 * files answers every write with the system's own error.
 */
class FullDiskTest {
  private static final Path FULL = Path.of("/dev/full");
  private static final ModelShape SHAPE = new ModelShape(1, 8, 2, 8, 11, 5);
  private static final Settings SETTINGS =
      new Settings(Initialization.SHORT_RUN, AdamW.ROBERTA, 0, 1, 1, 2);

  @TempDir private Path folder;

  @BeforeAll
  static void requireFullDevice() {
    boolean there = Files.isWritable(FULL);
    if (!there) {
      System.out.println("SKIPPED: a full disk is not tried, there is no /dev/full here");
    }
    Assumptions.assumeTrue(there, "no /dev/full");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"model/config.json", "model/model.safetensors", "state/optimizer.safetensors"})
  void itIsNamedCostsNothingAndLeavesNothing(String file) throws IOException {
    Checkpoints checkpoints =
        new Checkpoints(folder, 2, new TreeMap<>(Map.of("run.name", "a")), new TreeMap<>());
    List<Example> batch = Examples.random(4, 5, 11, 1);
    try (Roberta model = Roberta.create(SHAPE, SETTINGS);
        Roberta loaded = Roberta.create(SHAPE, SETTINGS)) {
      assertThat(model.step(batch, 1e-2, 1)).isNotNull();
      checkpoints.save(position(1), model);
      String kept = model.parametersSha256();
      assertThat(model.step(batch, 1e-2, 2)).isNotNull();
      String before = model.parametersSha256();

      assertThatIOException()
          .isThrownBy(() -> checkpoints.save(position(2), new Full(model, file)))
          .withMessageContaining("cannot write a checkpoint to " + folder)
          .withMessageContaining("No space left on device")
          .withMessageContaining("those before are as they were");

      assertThat(folder.toFile().list()).as("half a checkpoint").containsExactly("step-1");
      assertThat(FULL).as("nothing is deleted behind a link").exists();
      assertThat(model.parametersSha256()).isEqualTo(before);
      Checkpoint newest = Checkpoints.newest(folder).orElseThrow();
      loaded.load(newest.model(), newest.state());
      assertThat(loaded.parametersSha256()).isEqualTo(kept);

      checkpoints.save(position(2), model);
      Checkpoint later = Checkpoints.newest(folder).orElseThrow();
      loaded.load(later.model(), later.state());
      assertThat(loaded.parametersSha256()).isEqualTo(before);
    }
  }

  private static Position position(long step) {
    return new Position(step, 1, step, List.of(0L));
  }

  /** The model, one of whose files lies on a full disk. */
  private record Full(Learner model, String file) implements Learner {
    @Override
    public void save(Path files, Path state) throws IOException {
      Path unused = Files.createSymbolicLink(files.resolveSibling(file), FULL);
      model.save(files, state);
    }

    @Override
    public String fingerprint() {
      return model.fingerprint();
    }

    @Override
    public Optional<StepResult> step(
        List<Example> batch, double learningRate, long step, StepWatch watch) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Optional<Evaluation> evaluate(List<Example> examples, BooleanSupplier abandons) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<Prediction> predict(int[] tokens, int position, int most) {
      throw new UnsupportedOperationException();
    }

    @Override
    public float[] logits(int[] tokens, int position) {
      throw new UnsupportedOperationException();
    }

    @Override
    public ModelShape shape() {
      return model.shape();
    }

    @Override
    public double operationsPerSecondMax() {
      return model.operationsPerSecondMax();
    }

    @Override
    public String parametersSha256() {
      return model.parametersSha256();
    }

    @Override
    public void load(Path files, Path state) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
