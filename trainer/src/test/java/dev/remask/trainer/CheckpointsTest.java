package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {
  @TempDir Path folder;
  private final FakeLearner learner = new FakeLearner();
  private Checkpoints checkpoints;

  private static Position position(long step) {
    return new Position(step, 2, step * 8, List.of(3L, 0L));
  }

  @BeforeEach
  void open() {
    checkpoints =
        new Checkpoints(
            folder,
            3,
            new TreeMap<>(Map.of("order.window", "16")),
            new TreeMap<>(Map.of("tokenizer.json", new byte[] {'{', '}'})));
  }

  private void save(long step) throws IOException {
    learner.step(FakeFeed.range(1, 0, step, step + 1), 1, step);
    checkpoints.save(position(step), learner);
  }

  @Test
  void whatIsSavedIsFound() throws IOException {
    assertThat(Checkpoints.newest(folder.resolve("none"))).isEmpty();
    assertThat(Checkpoints.newest(folder)).isEmpty();
    save(9);
    save(10);
    Checkpoint newest = Checkpoints.newest(folder).orElseThrow();
    assertThat(newest.position()).isEqualTo(position(10));
    assertThat(newest.fingerprint()).isEqualTo("fake");
    assertThat(newest.configuration()).containsExactly(Map.entry("order.window", "16"));
    assertThat(newest.model().resolve("tokenizer.json")).hasContent("{}");
    FakeLearner loaded = new FakeLearner();
    loaded.load(newest.model(), newest.state());
    assertThat(loaded.parametersSha256()).isEqualTo(learner.parametersSha256());
  }

  @Test
  void theNewestUpToAStepIsFoundAmongTheSound() throws IOException {
    for (long step : new long[] {8, 9, 12}) {
      save(step);
    }
    Files.write(folder.resolve("step-9/state/moments.bin"), new byte[0]);
    long[][] found = {{Long.MAX_VALUE, 12}, {12, 12}, {11, 8}, {9, 8}, {8, 8}};
    for (long[] pair : found) {
      assertThat(Checkpoints.newest(folder, pair[0]).orElseThrow().position())
          .isEqualTo(position(pair[1]));
    }
    assertThat(Checkpoints.newest(folder, 7)).isEmpty();
  }

  @Test
  void whatIsSetAsideIsKeptAndNotFound() throws IOException {
    assertThat(Checkpoints.setAside(folder)).isEmpty();
    assertThat(Checkpoints.newestSetAside(folder)).isEmpty();
    save(8);
    save(9);
    Files.write(folder.resolve("step-8/state/moments.bin"), new byte[0]);
    Path aside = Checkpoints.setAside(folder).orElseThrow();
    assertThat(Checkpoints.newest(folder)).isEmpty();
    assertThat(folder.toFile().list()).containsExactly(aside.getFileName().toString());
    assertThat(aside.toFile().list()).containsExactlyInAnyOrder("step-8", "step-9");
    assertThat(Checkpoints.newest(aside).orElseThrow().position()).isEqualTo(position(9));

    assertThat(Checkpoints.setAside(folder)).as("nothing is there").isEmpty();
    save(1);
    Path again = Checkpoints.setAside(folder).orElseThrow();
    assertThat(again).isNotEqualTo(aside);
    assertThat(again.toFile().list()).containsExactly("step-1");
    assertThat(aside.toFile().list()).containsExactlyInAnyOrder("step-8", "step-9");
    assertThat(Checkpoints.newestSetAside(folder).orElseThrow().position()).isEqualTo(position(9));
  }

  @Test
  void keepsTheNewest() throws IOException {
    for (long step : new long[] {8, 9, 10, 100, 11}) {
      save(step);
    }
    try (var entries = Files.list(folder)) {
      assertThat(entries.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("step-10", "step-11", "step-100");
    }
  }

  /** Every file of the newest checkpoint, damaged in every way: the one before is used. */
  @Test
  void anyDamageIsSeen() throws IOException {
    save(1);
    save(2);
    Path newest = folder.resolve("step-2");
    List<Path> files;
    try (var walk = Files.walk(newest)) {
      files = walk.filter(Files::isRegularFile).toList();
    }
    assertThat(files).hasSize(7);
    for (Path file : files) {
      byte[] whole = Files.readAllBytes(file);
      for (int bytes : new int[] {0, whole.length / 2, whole.length - 1}) {
        Files.write(file, Arrays.copyOf(whole, bytes));
        requirePassedOver(file + " cut to " + bytes);
      }
      for (int i = 0; i < whole.length; i += 2) {
        byte[] flipped = whole.clone();
        flipped[i] ^= (byte) (1 << (i / 2 % 8));
        Files.write(file, flipped);
        requirePassedOver(file + " flipped at " + i);
      }
      Files.delete(file);
      requirePassedOver(file + " missing");
      Files.write(file, whole);
      assertThat(Checkpoints.newest(folder).orElseThrow().position()).isEqualTo(position(2));
    }
    Files.write(newest.resolve("model/extra"), new byte[1]);
    requirePassedOver("a file too many");
  }

  private void requirePassedOver(String damage) throws IOException {
    assertThat(Checkpoints.newest(folder).orElseThrow().position())
        .as(damage)
        .isEqualTo(position(1));
  }

  @Test
  void theFaultIsNamed() throws IOException {
    save(1);
    Path newest = folder.resolve("step-1");
    assertThat(Manifest.fault(newest)).isEmpty();
    Path moments = newest.resolve("state/moments.bin");
    byte[] whole = Files.readAllBytes(moments);
    Files.write(moments, new byte[3]);
    assertThat(Manifest.fault(newest)).contains("state/moments.bin has 3 bytes, not 16");
    whole[0] ^= 1;
    Files.write(moments, whole);
    assertThat(Manifest.fault(newest).orElseThrow()).startsWith("state/moments.bin has SHA-256");
    Files.delete(moments);
    assertThat(Manifest.fault(newest)).contains("state/moments.bin is missing");
    Files.writeString(newest.resolve("manifest.json"), "{");
    assertThat(Manifest.fault(newest).orElseThrow()).startsWith("manifest.json is no manifest");
    Files.delete(newest.resolve("manifest.json"));
    assertThat(Manifest.fault(newest)).contains("manifest.json is missing");
  }

  @Test
  void aCrashWhileWritingLeavesTheOneBefore() throws IOException {
    save(1);
    learner.insideSave =
        () -> {
          throw new IllegalStateException("killed");
        };
    assertThatThrownBy(() -> save(2)).hasMessage("killed");
    assertThat(folder.toFile().list()).containsExactlyInAnyOrder("step-1", "writing");
    assertThat(Checkpoints.newest(folder).orElseThrow().position()).isEqualTo(position(1));
    learner.insideSave = () -> {};
    save(2);
    assertThat(Checkpoints.newest(folder).orElseThrow().position()).isEqualTo(position(2));
    assertThat(folder.resolve("writing")).doesNotExist();
  }

  @Test
  void aFullDiskIsNamedAndCostsNothing() throws IOException {
    save(1);
    assertThatThrownBy(() -> checkpoints.save(position(2), new FullDisk()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot write a checkpoint to " + folder)
        .hasMessageContaining("No space left on device");
    assertThat(folder.toFile().list()).containsExactly("step-1");
    assertThat(Checkpoints.newest(folder).orElseThrow().position()).isEqualTo(position(1));
  }

  /** Half a model fits. */
  private static final class FullDisk extends FakeLearner {
    @Override
    public void save(Path model, Path state) throws IOException {
      Files.write(model.resolve("model.safetensors"), new byte[8]);
      throw new IOException("No space left on device");
    }
  }

  /** Killed while an old one was being deleted: that one lies aside, the rest is whole. */
  @Test
  void halfADeletionIsNoCheckpointAndIsCleared() throws IOException {
    for (long step = 1; step <= 3; step++) {
      save(step);
    }
    Files.createDirectory(folder.resolve("writing"));
    Files.move(folder.resolve("step-1"), folder.resolve("writing/old-step-1"));
    Files.delete(folder.resolve("writing/old-step-1/state/moments.bin"));
    assertThat(Checkpoints.newest(folder, 2).orElseThrow().position()).isEqualTo(position(2));
    assertThat(Checkpoints.newest(folder, 1)).isEmpty();
    save(4);
    assertThat(folder.toFile().list()).containsExactlyInAnyOrder("step-2", "step-3", "step-4");
  }

  @Test
  void anUnsoundOneOfTheSameStepIsReplaced() throws IOException {
    save(1);
    save(2);
    Files.write(folder.resolve("step-2/state/moments.bin"), new byte[0]);
    save(2);
    assertThat(Checkpoints.newest(folder).orElseThrow().position()).isEqualTo(position(2));
  }

  @Test
  void anotherConfigurationIsRefused() throws IOException {
    save(1);
    Checkpoint checkpoint = Checkpoints.newest(folder).orElseThrow();
    checkpoint.requireConfiguration(new TreeMap<>(Map.of("order.window", "16")));
    assertThatThrownBy(
            () -> checkpoint.requireConfiguration(new TreeMap<>(Map.of("order.window", "32"))))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("order.window")
        .hasMessageContaining("32")
        .hasMessageContaining("trained with 16");
    assertThatThrownBy(() -> checkpoint.requireConfiguration(new TreeMap<>()))
        .isInstanceOf(ConfigException.class);
    assertThatThrownBy(
            () ->
                checkpoint.requireConfiguration(
                    new TreeMap<>(Map.of("order.window", "16", "model.layers", "2"))))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("model.layers");
  }
}
