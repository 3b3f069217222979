package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.MaskingPolicy.Kind;
import dev.remask.mlm.MaskingPolicy.Selection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** MASKING.md against the code: its vectors, and the script written from it alone. */
class MaskingSpecTest {
  private static final Path SCRIPT = Path.of("src/test/python/masking.py");

  @Test
  void pythonRecomputesEveryExample() throws IOException, InterruptedException {
    List<String> requests = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    Random random = new Random(1);
    for (int i = 0; i < 2_000; i++) {
      long seed = random.nextLong();
      int size = 6 + random.nextInt(60_000);
      double mask = random.nextDouble();
      MaskingPolicy policy =
          new MaskingPolicy(
              random.nextBoolean() ? Kind.DYNAMIC : Kind.STATIC,
              1 + random.nextInt(12),
              random.nextBoolean() ? Selection.EXACT : Selection.BERNOULLI,
              random.nextInt(4) == 0 ? 0.15 : 1 - random.nextDouble(),
              mask,
              (1 - mask) * random.nextDouble(),
              false,
              random.nextBoolean());
      int epoch = random.nextInt(20) - 1;
      int partition = random.nextInt(64);
      long sequence = random.nextLong() >>> (1 + random.nextInt(63));
      int[] tokens = random.ints(random.nextInt(200), 0, size - 1).toArray();
      Object[] request = {
        seed,
        "\"größe-" + i + "\"",
        "\"" + policy.canonical() + "\"",
        size,
        epoch,
        partition,
        sequence,
        Arrays.toString(tokens)
      };
      requests.add(Arrays.toString(request));
      Masked masked =
          new Masker(seed, "größe-" + i, policy, size).mask(epoch, partition, sequence, tokens);
      expected.add(json(masked));
    }
    assertThat(python(requests)).isEqualTo(expected);
  }

  private static String json(Masked masked) {
    int[][] arrays = {masked.inputs(), masked.positions(), masked.labels()};
    return Arrays.deepToString(arrays).replace(" ", "");
  }

  private static List<String> python(List<String> requests)
      throws IOException, InterruptedException {
    Path input = Files.createTempFile("masking", ".jsonl");
    Path output = Files.createTempFile("masking", ".out");
    try {
      Files.write(input, requests);
      Process process = start(input, output);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
      return Files.readAllLines(output, StandardCharsets.UTF_8);
    } finally {
      Files.deleteIfExists(input);
      Files.deleteIfExists(output);
    }
  }

  private static Process start(Path input, Path output) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder("python3", "-X", "utf8", SCRIPT.toString())
            .redirectInput(input.toFile())
            .redirectOutput(output.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    try {
      return builder.start();
    } catch (IOException e) {
      System.err.println("SKIPPED: no python3 to recompute masks with: " + e.getMessage());
      return Assumptions.abort("no python3: " + e.getMessage());
    }
  }
}
