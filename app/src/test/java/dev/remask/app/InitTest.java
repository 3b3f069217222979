package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Vocabulary;
import dev.remask.trainer.ModelShape;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is wrong with a folder to begin with is one line and exit code 2, before anybody is asked:
 * nothing listens at the broker's address.
 */
@Timeout(60)
class InitTest {
  private static final String CONFIG = "config.json";
  private static final String MODEL = "model.safetensors";
  private static final String TOKENIZER = "tokenizer.json";

  @TempDir private Path folder;
  private Path model;

  private interface Damage {
    void of(Path model) throws IOException;
  }

  @BeforeEach
  void make() throws IOException {
    model = ModelFolders.make(folder.resolve("model"), 30, 1);
  }

  private Told train(String... more) {
    String[] command = {
      "train",
      "--init",
      model.toString(),
      "--data",
      folder.resolve("data").toString(),
      "--set",
      "kafka.bootstrap.servers=127.0.0.1:1",
      "--set",
      "schema.registry.url=http://127.0.0.1:1",
      "--set",
      "http.port=-1"
    };
    return Told.by(Program.join(command, more));
  }

  private static Arguments damage(String name, Damage damage, String... facts) {
    return Arguments.of(name, damage, facts);
  }

  private static Damage replace(String file, String what, String with) {
    return model -> {
      String text = Files.readString(model.resolve(file));
      assertThat(text).contains(what);
      Files.writeString(model.resolve(file), text.replace(what, with));
    };
  }

  /** Bytes of the file with the weights, written over; its header begins at 8. */
  private static Damage at(long position, byte... bytes) {
    return model -> {
      try (RandomAccessFile file = new RandomAccessFile(model.resolve(MODEL).toFile(), "rw")) {
        file.seek(position);
        file.write(bytes);
      }
    };
  }

  private static Damage length(String file, int cut) {
    return model -> {
      try (RandomAccessFile all = new RandomAccessFile(model.resolve(file).toFile(), "rw")) {
        all.setLength(Math.max(0, all.length() + cut));
      }
    };
  }

  static Stream<Arguments> damages() {
    return Stream.of(
        damage("no configuration", m -> Files.delete(m.resolve(CONFIG)), CONFIG, "no such file"),
        damage("another kind", replace(CONFIG, "\"roberta\"", "\"bert\""), "model_type", "bert"),
        damage("other epsilon", replace(CONFIG, "1.0E-5", "1e-12"), "layer_norm_eps", "1.0E-12"),
        damage("two types", replace(CONFIG, "_size\" : 1,", "_size\" : 2,"), MODEL, "[1, 16]"),
        damage("three types", replace(CONFIG, "_size\" : 1,", "_size\" : 3,"), "type_vocab_size"),
        damage("more layers", replace(CONFIG, "_layers\" : 2", "_layers\" : 3"), "no tensor"),
        damage("wider", replace(CONFIG, "\"hidden_size\" : 16", "\"hidden_size\" : 32"), "[", "]"),
        damage("more positions", replace(CONFIG, " : 32,\n  \"type", " : 514,\n  \"type"), "514"),
        damage("huge", replace(CONFIG, "_layers\" : 2", "_layers\" : 2000000000"), "allowed"),
        damage("no weights", m -> Files.delete(m.resolve(MODEL)), MODEL, "no such file"),
        damage("cut", length(MODEL, -1), MODEL, "bytes of data where the header tells of"),
        damage("empty", length(MODEL, -1 << 30), MODEL, "truncated"),
        damage("longer", length(MODEL, 4), MODEL, "bytes of data where the header tells of"),
        damage("header past the end", at(6, (byte) 1), MODEL, "a header of"),
        damage("header of 2^63 bytes", at(7, (byte) -128), MODEL, "a header of"),
        damage("no JSON", at(8, (byte) '['), MODEL, "JSON"),
        damage("not F32", weights("\"F32\"", "\"F16\""), MODEL, "F16", "expected F32"),
        damage("huge count", weights("\\[32,16]", "[9223372036854775807]"), MODEL, "expected F32"),
        damage(
            "past long", weights("\\[32,16]", "[99999999999999999999]"), MODEL, "size or offset"),
        damage("overlap", weights("\\[0,(\\d+)]", "[0,1$1]"), MODEL, "bytes", "after byte"),
        damage("renamed", weights("lm_head.bias", "lm_head.bass"), MODEL, "no tensor lm_head.bias"),
        damage("NaN", length(MODEL, -4, new byte[] {0, 0, -64, 127}), MODEL, "NaN"),
        damage("pickled", InitTest::pickle, "pytorch_model.bin", "pickled", MODEL),
        damage("no tokenizer", m -> Files.delete(m.resolve(TOKENIZER)), "holds no " + TOKENIZER),
        damage("no BPE", replace(TOKENIZER, "\"BPE\"", "\"WordPiece\""), TOKENIZER, "WordPiece"),
        damage("half a tokenizer", length(TOKENIZER, -100), TOKENIZER),
        damage("another tokenizer", InitTest::exchange, "token ids", TOKENIZER));
  }

  /** The last bytes of a file, written over. */
  private static Damage length(String file, int from, byte[] bytes) {
    return model -> {
      try (RandomAccessFile all = new RandomAccessFile(model.resolve(file).toFile(), "rw")) {
        all.seek(all.length() + from);
        all.write(bytes);
      }
    };
  }

  /** The header of the weights, rewritten: the first place that matches. */
  private static Damage weights(String what, String with) {
    return model -> {
      byte[] all = Files.readAllBytes(model.resolve(MODEL));
      String text = new String(all, StandardCharsets.ISO_8859_1);
      int header = (int) (text.charAt(0) | text.charAt(1) << 8 | text.charAt(2) << 16);
      String json = text.substring(8, 8 + header);
      String changed = json.replaceFirst(what, with);
      assertThat(changed).isNotEqualTo(json);
      int length = changed.length();
      String prefix = "" + (char) (length & 255) + (char) (length >> 8 & 255) + "\0\0\0\0\0\0";
      Files.writeString(
          model.resolve(MODEL),
          prefix + changed + text.substring(8 + header),
          StandardCharsets.ISO_8859_1);
    };
  }

  private static void pickle(Path model) throws IOException {
    Files.move(model.resolve(MODEL), model.resolve("pytorch_model.bin"));
  }

  private static void exchange(Path model) throws IOException {
    Vocabulary other = Vocabulary.learn(List.of("quite another text"), 280);
    Files.write(model.resolve(TOKENIZER), other.tokenizerJson());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void whateverIsWrongIsNamed(String name, Damage damage, String[] facts) throws IOException {
    damage.of(model);
    Told told = train();
    told.isOneLine(Main.WRONG_USAGE, facts);
    told.isOneLine(Main.WRONG_USAGE, "--init", model.toString());
    // What fill-mask reads is the same.
    Told.by("fill-mask", "--model", model.toString(), "the <mask> man")
        .isOneLine(Main.WRONG_USAGE, Program.join(facts, "--model"));
  }

  @Test
  void aTokenizerIsReadUpToALimit() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(model.resolve(TOKENIZER).toFile(), "rw")) {
      file.setLength((64L << 20) + 1);
    }
    train().isOneLine(Main.WRONG_USAGE, "--init", TOKENIZER, "more than the 64 MiB");
    String tokenizer = model.resolve(TOKENIZER).toString();
    Told.by("dataset", "--data", folder.resolve("data").toString(), "--vocab", tokenizer)
        .isOneLine(Main.WRONG_USAGE, "--vocab", tokenizer, "more than the 64 MiB");
  }

  /** Killed before the first checkpoint, a run must not begin again with other weights. */
  @Test
  void aRunThatWasBegunWithAModelIsNotBegunWithoutIt() throws IOException {
    Path checkpoints = new DataFolder(folder.resolve("data")).checkpoints("first");
    InitialModel.of(model, checkpoints).orElseThrow().mark(checkpoints);
    String bare = "train --set run.name=first --set kafka.bootstrap.servers=127.0.0.1:1";
    String more = "--set schema.registry.url=http://127.0.0.1:1 --set http.port=-1 --data";
    Told.by(
            Program.join(
                Program.join(bare.split(" "), more.split(" ")), folder.resolve("data").toString()))
        .isOneLine(Main.WRONG_USAGE, "--init", "name it again", checkpoints.toString());
    assertThat(InitialModel.of(model, checkpoints)).isPresent();
    assertThat(InitialModel.of(null, checkpoints.resolveSibling("second"))).isEmpty();
  }

  @Test
  void aSizeThatDisagreesIsNamed() {
    train("--set", "model.layers=3").isOneLine(Main.WRONG_USAGE, "model.layers", "3", "has 2");
    train("--set", "model.hidden=32").isOneLine(Main.WRONG_USAGE, "model.hidden", "32", "has 16");
    train("--set", "model.positions=64")
        .isOneLine(Main.WRONG_USAGE, "model.positions", "64", "has 30");
  }

  /** A model of pairs predicts the mask of a sentence, which is one part. */
  @Test
  void aModelOfPairsFillsMasks() throws IOException {
    ModelShape shape = new ModelShape(2, 16, 2, 32, ModelFolders.VOCABULARY.size(), 30, true);
    Path pairs = ModelFolders.make(folder.resolve("pairs"), ModelFolders.VOCABULARY, shape, 2);
    assertThat(ModelFolder.open("--model", pairs).shape()).isEqualTo(shape);
    Told told = Told.by("fill-mask", "--model", pairs.toString(), "--json", "the <mask> man");
    assertThat(told.code()).isZero();
    assertThat(told.output()).contains("probability");
  }

  @Test
  void itsSizeStandsForWhatIsNotGiven() throws IOException {
    ModelShape shape = new ModelShape(3, 24, 3, 40, ModelFolders.VOCABULARY.size(), 512);
    Path other = ModelFolders.make(folder.resolve("other"), ModelFolders.VOCABULARY, shape, 2);
    InitialModel initial = InitialModel.of(other, folder.resolve("none")).orElseThrow();
    Settings settings = initial.settings(Settings.of(DemoDefaults.ALL, null, Map.of(), Map.of()));
    assertThat(settings.integer("model.layers")).isEqualTo(3);
    assertThat(settings.integer("model.hidden")).isEqualTo(24);
    assertThat(settings.integer("model.heads")).isEqualTo(3);
    assertThat(settings.integer("model.feedforward")).isEqualTo(40);
    assertThat(settings.integer("model.positions")).isEqualTo(512);
    assertThat(initial.sha256()).matches("[0-9a-f]{64}");
    assertThat(InitialModel.of(null, folder.resolve("none"))).isEmpty();
  }
}
