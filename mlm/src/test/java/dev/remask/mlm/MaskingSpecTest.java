package dev.remask.mlm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.MaskingPolicy.Kind;
import dev.remask.mlm.MaskingPolicy.Selection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** MASKING.md against the code: its vectors, and the script written from it alone. */
class MaskingSpecTest {
  private static final Path SCRIPT = Path.of("src/test/python/masking.py");

  /** Every policy of RoBERTa's shares. */
  private static Stream<MaskingPolicy> policies() {
    return IntStream.range(0, 16)
        .mapToObj(
            bits ->
                new MaskingPolicy(
                    (bits & 1) == 0 ? Kind.DYNAMIC : Kind.STATIC,
                    10,
                    (bits & 2) == 0 ? Selection.EXACT : Selection.BERNOULLI,
                    0.15,
                    0.8,
                    0.1,
                    (bits & 4) > 0,
                    (bits & 8) > 0));
  }

  @Test
  void theVectorsOfThePageHold() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("MASKING.md"));
    int vectors = 0;
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith("> ")) {
        List<?> request = (List<?>) Json.read(lines.get(i).substring(2).getBytes(UTF_8));
        String answer = request.size() > 5 ? mask(request) : order(request);
        assertThat("< " + answer).isEqualTo(lines.get(i + 1));
        vectors++;
      }
    }
    assertThat(vectors).isEqualTo(14);
  }

  private static String mask(List<?> request) {
    MaskingPolicy policy =
        policies().filter(p -> p.canonical().equals(request.get(2))).findAny().orElseThrow();
    BitSet wordStarts = new BitSet();
    if (request.size() > 8) {
      Arrays.stream(numbers(request, 8)).forEach(id -> wordStarts.set(Math.toIntExact(id)));
    }
    Masker masker =
        new Masker(number(request, 0), dataset(request), policy, integer(request, 3), wordStarts);
    int[] tokens = Arrays.stream(numbers(request, 7)).mapToInt(Math::toIntExact).toArray();
    return json(masker.mask(integer(request, 4), integer(request, 5), number(request, 6), tokens));
  }

  private static String order(List<?> request) {
    ReplayOrder order =
        new ReplayOrder(
            number(request, 0),
            dataset(request),
            integer(request, 2),
            numbers(request, 3),
            integer(request, 4));
    return LongStream.range(0, order.size())
        .mapToObj(order::slot)
        .map(slot -> "[" + slot.partition() + "," + slot.sequence() + "]")
        .collect(Collectors.joining(",", "[", "]"));
  }

  private static String dataset(List<?> request) {
    return (String) request.get(1);
  }

  private static long number(List<?> request, int index) {
    return (Long) request.get(index);
  }

  private static int integer(List<?> request, int index) {
    return Math.toIntExact(number(request, index));
  }

  private static long[] numbers(List<?> request, int index) {
    return ((List<?>) request.get(index)).stream().mapToLong(Long.class::cast).toArray();
  }

  /** The intermediate values that the page gives for its first mask. */
  @Test
  void theKeyAndTheDrawsOfThePageHold() {
    Draws.Key key = Draws.Key.of("remask-mask-1\n1\nbooks\n" + MaskingPolicy.ROBERTA.canonical());
    assertThat(key).isEqualTo(new Draws.Key(0x87A8B963435005BBL, 0x259A4DDF55FA5D46L));
    Draws draws = key.draws(1L << 32, 0);
    assertThat(draws).isEqualTo(new Draws(0x3D015EEA04C17110L, 0x97A37139C8EEE50AL));
    assertThat(draws.draw(0)).isEqualTo(0xC225953815EFAA73L);
    assertThat(draws.draw(1)).isEqualTo(0xEB51CEB23E67F281L);
    assertThat(draws.draw((1L << 32) + 1)).isEqualTo(0x7EEB5D96D5C6C51BL);
  }

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
              random.nextBoolean(),
              random.nextBoolean());
      int epoch = random.nextInt(20) - 1;
      int partition = random.nextInt(64);
      long sequence = random.nextLong() >>> (1 + random.nextInt(63));
      int[] tokens = random.ints(random.nextInt(200), 0, size - 1).toArray();
      BitSet wordStarts = new BitSet();
      Arrays.stream(tokens).filter(id -> id > 3 && id % 3 == 0).forEach(wordStarts::set);
      Object[] request = {
        seed,
        "\"größe-" + i + "\"",
        "\"" + policy.canonical() + "\"",
        size,
        epoch,
        partition,
        sequence,
        Arrays.toString(tokens),
        Arrays.toString(wordStarts.stream().toArray())
      };
      requests.add(Arrays.toString(request));
      Masker masker = new Masker(seed, "größe-" + i, policy, size, wordStarts);
      expected.add(json(masker.mask(epoch, partition, sequence, tokens)));
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
      return Files.readAllLines(output, UTF_8);
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
