package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.mlm.Tokenizer;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Books;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.Segment;
import dev.remask.schemas.TokenIds;
import dev.remask.schemas.TokenWidth;
import dev.remask.topology.MaskingPolicies;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script in docs/ against what {@code peek --json} prints, and against a wrong mask. */
class RecomputeScriptTest {
  private static final Path SCRIPT = Path.of("..", "docs", "recompute.py");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TEXT =
      "It is a truth universally acknowledged, that a single man in possession of a good fortune,"
          + " must be in want of a wife. However little known the feelings or views of such a man"
          + " may be on his first entering a neighbourhood, this truth is so well fixed.";
  private static final Vocabulary VOCABULARY = Vocabulary.learn(List.of(TEXT), 300);

  @TempDir private Path folder;

  private record Run(int exit, List<String> lines) {}

  @BeforeAll
  static void requirePython() throws InterruptedException {
    boolean there;
    try {
      Process process = new ProcessBuilder("python3", "--version").start();
      there = process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      there = false;
    }
    if (!there) {
      System.out.println("SKIPPED: docs/recompute.py is not checked, there is no python3 here");
    }
    Assumptions.assumeTrue(there, "no python3");
  }

  private static Stream<MaskingPolicy> policies() {
    return IntStream.range(0, 16)
        .mapToObj(
            bits ->
                new MaskingPolicy(
                    (bits & 1) == 0 ? MaskingPolicy.Kind.DYNAMIC : MaskingPolicy.Kind.STATIC,
                    3,
                    (bits & 2) == 0
                        ? MaskingPolicy.Selection.EXACT
                        : MaskingPolicy.Selection.BERNOULLI,
                    0.3,
                    0.6,
                    0.3,
                    (bits & 4) > 0,
                    (bits & 8) > 0));
  }

  /** A segment of two documents, as the packer makes one. */
  private static JsonNode peek(MaskingPolicy policy, int... epochs) throws IOException {
    int[] text = new Tokenizer(VOCABULARY).encode(TEXT);
    int[] tokens =
        IntStream.of(0, 1)
            .mapToObj(i -> IntStream.concat(IntStream.of(2 * i), IntStream.of(text)))
            .flatMapToInt(part -> IntStream.concat(part, IntStream.of(Vocabulary.EOS)))
            .toArray();
    Segment segment =
        Segment.newBuilder()
            .setPartition(3)
            .setSequence(12_345_678_901L)
            .setWidth(TokenWidth.U16_LE)
            .setTokens(TokenIds.encode(tokens, TokenWidth.U16_LE))
            .setDocuments(List.of())
            .setBooks(Books.newBuilder().build())
            .build();
    Settings settings = Settings.of(DemoDefaults.ALL, null, Map.of(), Map.of());
    Dataset dataset = new DatasetSettings(settings).declare(VOCABULARY, Instant.EPOCH);
    EpochPlan plan =
        new EpochPlan("demo", -42L, MaskingPolicies.encode(policy), 16, null, Instant.EPOCH);
    Peek peek = new Peek(dataset, segment);
    List<Peek.View> views = new ArrayList<>();
    for (int epoch : epochs) {
      views.add(peek.view(epoch, plan));
    }
    return JSON.readTree(Json.text(peek.describe(views)));
  }

  private Run run(JsonNode shown) throws IOException, InterruptedException {
    Path input = Files.writeString(folder.resolve("peek.json"), shown.toString());
    Process process =
        new ProcessBuilder("python3", SCRIPT.toString())
            .redirectInput(input.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended").isTrue();
    return new Run(process.exitValue(), output.lines().toList());
  }

  @Test
  void everyExampleIsRecomputed() throws Exception {
    for (MaskingPolicy policy : policies().toList()) {
      JsonNode shown = peek(policy, 0, 1, 2, 7);
      assertThat(shown.has("word_starts")).isEqualTo(policy.wholeWord());
      assertThat(shown.findValues("positions")).noneMatch(JsonNode::isEmpty);
      assertThat(run(shown))
          .as(policy.canonical())
          .isEqualTo(
              new Run(
                  0, List.of("epoch 0: same", "epoch 1: same", "epoch 2: same", "epoch 7: same")));
    }
  }

  /** In the second of three examples, one number each. */
  @Test
  void aWrongMaskIsFound() throws Exception {
    for (String field : List.of("inputs", "positions", "labels")) {
      JsonNode shown = peek(MaskingPolicy.ROBERTA, 1, 2, 3);
      ArrayNode numbers = (ArrayNode) shown.get("examples").get(1).get(field);
      numbers.set(5, numbers.get(5).asInt() + 1);
      assertThat(run(shown))
          .isEqualTo(new Run(1, List.of("epoch 1: same", "epoch 2: " + field + "[5] differs")));
    }
    JsonNode shorter = peek(MaskingPolicy.ROBERTA, 1);
    ArrayNode labels = (ArrayNode) shorter.get("examples").get(0).get("labels");
    labels.remove(labels.size() - 1);
    assertThat(run(shorter).exit()).isEqualTo(1);
    JsonNode another = peek(MaskingPolicy.ROBERTA, 1);
    ((ObjectNode) another.get("examples").get(0)).put("seed", -41);
    assertThat(run(another).exit()).as("another seed").isEqualTo(1);
  }
}
