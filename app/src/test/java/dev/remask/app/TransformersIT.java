package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.trainer.ModelShape;
import dev.remask.trainer.TokenizerFiles;
import dev.remask.trainer.model.AdamW;
import dev.remask.trainer.model.Initialization;
import dev.remask.trainer.model.Roberta;
import dev.remask.trainer.model.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The script in interop/, where there is a Python with Hugging Face's transformers ({@code
 * -Dinterop.python=...}, else {@code python3}): a model that transformers made, the same as a run
 * that begins with it writes it before its first step, a model of ours, and one that differs.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(300)
class TransformersIT {
  private static final String PYTHON = System.getProperty("interop.python", "python3");
  private static final Path SCRIPT = Path.of("..", "interop", "transformers_check.py");

  private record Run(int exit, String output) {}

  private Path folder;
  private Path made;

  @BeforeAll
  void make(@TempDir Path temporary) throws Exception {
    folder = temporary;
    boolean there;
    try {
      there = run("-c", "import torch, transformers").exit() == 0;
    } catch (IOException e) {
      there = false;
    }
    if (!there) {
      System.out.println(
          "SKIPPED: interop/ is not checked, " + PYTHON + " has no torch and transformers");
    }
    Assumptions.assumeTrue(there, "no Python with transformers");
    made = folder.resolve("made");
    Run run = check("--make", made.toString());
    assertThat(run.output()).startsWith("same: ").contains("ids equal");
    assertThat(run.exit()).isZero();
  }

  private Run run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(PYTHON));
    command.addAll(List.of(arguments));
    Path errors = folder.resolve("errors.txt");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().put("HF_HUB_OFFLINE", "1");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(200, TimeUnit.SECONDS)).as("ended").isTrue();
    return new Run(process.exitValue(), output + Files.readString(errors));
  }

  private Run check(String... arguments) throws IOException, InterruptedException {
    String remask = Program.HOME.resolve("bin").resolve("remask").toString();
    String[] script = {SCRIPT.toString(), "--remask", remask};
    return run(Program.join(script, arguments));
  }

  private static Settings settings(long seed) {
    return new Settings(Initialization.SHORT_RUN, AdamW.ROBERTA, 0, seed, 1, 1);
  }

  /** With the positions of roberta-base. */
  @Test
  void aRunThatBeginsWithItsModelWritesTheSame() throws Exception {
    ModelFolder model = ModelFolder.open("--init", made);
    assertThat(model.shape().positions()).isEqualTo(512);
    Path written = Files.createDirectory(folder.resolve("written"));
    try (Roberta roberta = model.model(settings(1))) {
      roberta.save(written, written);
    }
    byte[] tokenizer = model.vocabulary().tokenizerJson();
    for (Map.Entry<String, byte[]> file : TokenizerFiles.of(tokenizer, 512).entrySet()) {
      Files.write(written.resolve(file.getKey()), file.getValue());
    }
    for (String[] arguments :
        new String[][] {
          {made.toString(), "--ours", written.toString()},
          {written.toString(), "--ours", made.toString()},
          {written.toString()}
        }) {
      Run run = check(arguments);
      assertThat(run.output()).startsWith("same: ");
      assertThat(run.exit()).isZero();
    }
  }

  @Test
  void aModelOfOursOpens() throws Exception {
    int size = ModelFolders.VOCABULARY.size();
    Path ours =
        ModelFolders.make(
            folder.resolve("ours"),
            ModelFolders.VOCABULARY,
            new ModelShape(3, 48, 4, 96, size, 100),
            5);
    Run run = check(ours.toString());
    assertThat(run.output()).startsWith("same: ");
    assertThat(run.exit()).isZero();
  }

  /** Its next-sentence head is beside what transformers looks for. */
  @Test
  void aModelOfPairsOpens() throws Exception {
    int size = ModelFolders.VOCABULARY.size();
    Path pairs =
        ModelFolders.make(
            folder.resolve("pairs"),
            ModelFolders.VOCABULARY,
            new ModelShape(3, 48, 4, 96, size, 100, true),
            5);
    Run run = check(pairs.toString());
    assertThat(run.output()).contains("same: ");
    assertThat(run.exit()).isZero();
  }

  /** One bit of one weight; another vocabulary. */
  @Test
  void aDifferenceIsFound() throws Exception {
    Path other = Files.createDirectory(folder.resolve("other"));
    for (String file : List.of("config.json", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(made.resolve(file), other.resolve(file));
    }
    byte[] weights = Files.readAllBytes(made.resolve("model.safetensors"));
    weights[weights.length - 2] ^= 0x40; // half of the last weight, or so
    Files.write(other.resolve("model.safetensors"), weights);
    Run run = check(made.toString(), "--ours", other.toString());
    assertThat(run.output()).startsWith("DIFFERENT: ");
    assertThat(run.exit()).isEqualTo(1);
    Path foreign = ModelFolders.make(folder.resolve("foreign"), 100, 1);
    Run ids = check(made.toString(), "--ours", foreign.toString());
    assertThat(ids.output()).contains("DIFFERENT: ids of ");
    assertThat(ids.exit()).isEqualTo(1);
  }
}
