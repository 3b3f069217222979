package dev.remask.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.remask.trainer.ModelShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of a model that are not what they should be. */
class SafetensorsTest {
  private static final ModelShape SHAPE = new ModelShape(1, 8, 2, 8, 11, 5);
  private static final String BIAS = "lm_head.bias";
  @TempDir private Path folder;
  private Roberta model;
  private Path file;
  private byte[] good;

  @BeforeEach
  void save() throws IOException {
    model = Roberta.create(SHAPE, new Settings(Initialization.ROBERTA, AdamW.ROBERTA, 0, 1, 1, 1));
    model.save(folder, folder);
    file = folder.resolve("model.safetensors");
    good = Files.readAllBytes(file);
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void theFileIsWhatTheFormatSays() throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN);
    int header = Math.toIntExact(bytes.getLong());
    assertThat(header % 8).isZero();
    ObjectNode json = header(good);
    assertThat(json.at("/__metadata__/format").asText()).isEqualTo("pt");
    assertThat(json.at("/" + Layout.WORDS + "/dtype").asText()).isEqualTo("F32");
    assertThat(json.at("/" + Layout.WORDS + "/shape").toString()).isEqualTo("[11,8]");
    int begin = json.at("/" + Layout.WORDS + "/data_offsets/0").asInt();
    float first = bytes.getFloat(8 + header + begin);
    assertThat(first)
        .isEqualTo(model.parameters().get(model.layout().tensor(Layout.WORDS).offset()));
    assertThat(json.size()).isEqualTo(1 + model.layout().tensors().size());
    assertThat(json.has("roberta.encoder.layer.0.attention.self.key.weight")).isTrue();
  }

  @Test
  void refusesDamagedFiles() throws IOException {
    refuses(Arrays.copyOf(good, 5), "truncated");
    refuses(Arrays.copyOf(good, good.length - 1), "bytes of data where the header tells of");
    refuses(Arrays.copyOf(good, good.length + 4), "bytes of data where the header tells of");
    refuses(withLength(Long.MAX_VALUE), "a header of 9223372036854775807 bytes");
    refuses(withLength(-1), "a header of 18446744073709551615 bytes");
    refuses(withLength(0), "a header of 0 bytes");
    refuses(withLength(good.length), "a header of");
    refuses(text("{\"a\":" + "[".repeat(5000)), "not JSON");
    refuses(text("[1]"), "not a JSON object");
    refuses(text("{} {}"), "not JSON");
    refuses(edited(json -> json.replaceFirst("lm_head.bias", Layout.HEAD_BIAS + "2")), "no tensor");
    refuses(edited(json -> json.replaceFirst("lm_head.dense.bias", "lm_head.bias")), "not JSON");
  }

  @Test
  void refusesWrongEntries() throws IOException {
    refuses(entry(e -> e.put("dtype", "F16")), "tensor lm_head.bias is F16 [11]; expected F32");
    refuses(entry(e -> e.putArray("shape").add(1).add(11)), "is F32 [1, 11]; expected F32 [11]");
    refuses(entry(e -> e.putArray("shape").add(-11)), "-11 where a size or offset belongs");
    refuses(entry(e -> e.putArray("shape").add(1.5)), "1.5 where a size or offset belongs");
    refuses(entry(e -> e.put("shape", 11)), "no shape or offsets");
    refuses(entry(e -> e.putArray("data_offsets").add(0).add(44)), "after byte");
    refuses(entry(e -> e.putArray("data_offsets").add(0)), "two offsets");
    refuses(entry(e -> e.remove("dtype")), "not a dtype");
    refuses(
        rewritten(
            json -> {
              ObjectNode other = json.putObject("surprise").put("dtype", "F32");
              other.putArray("shape").add(0);
              other.putArray("data_offsets").add(dataLength()).add(dataLength());
            }),
        "unknown tensor surprise");
  }

  @Test
  void refusesNumbersThatAreNone() throws IOException {
    byte[] bad = good.clone();
    ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putFloat(bad.length - 4, Float.NaN);
    refuses(bad, "holds NaN");
  }

  @Test
  void refusesAnotherDecoderThanTheTiedOne() throws IOException {
    byte[] tied = withDecoder(0);
    Files.write(file, tied);
    String before = model.parametersSha256();
    model.load(folder);
    assertThat(model.parametersSha256()).isEqualTo(before);
    refuses(withDecoder(1), "lm_head.decoder.bias differs from lm_head.bias");
  }

  /** A second copy of the head's bias, all of one value. */
  private byte[] withDecoder(float value) throws IOException {
    int end = dataLength();
    byte[] longer =
        rewritten(
            json -> {
              ObjectNode decoder = json.putObject("lm_head.decoder.bias").put("dtype", "F32");
              decoder.putArray("shape").add(11);
              decoder.putArray("data_offsets").add(end).add(end + 44);
            });
    ByteBuffer all = ByteBuffer.allocate(longer.length + 44).order(ByteOrder.LITTLE_ENDIAN);
    all.put(longer);
    for (int i = 0; i < 11; i++) {
      all.putFloat(value);
    }
    return all.array();
  }

  /** As roberta-base is: a second decoder, a pooler, position ids that are no floats. */
  @Test
  void readsWhatOtherWritersAdd() throws IOException {
    int end = dataLength();
    byte[] longer =
        rewritten(
            json -> {
              tensor(json, "roberta.embeddings.position_ids", "I64", end, 1, 7);
              tensor(json, "roberta.pooler.dense.weight", "F32", end + 56, 8, 8);
              tensor(json, "roberta.pooler.dense.bias", "F32", end + 312, 8);
            });
    Files.write(file, Arrays.copyOf(longer, longer.length + 344));
    String before = model.parametersSha256();
    model.load(folder);
    Roberta.verify(folder);
    assertThat(model.parametersSha256()).isEqualTo(before);
  }

  private static void tensor(ObjectNode json, String name, String dtype, int begin, int... shape) {
    ObjectNode tensor = json.putObject(name).put("dtype", dtype);
    int bytes = dtype.equals("I64") ? 8 : 4;
    for (int size : shape) {
      tensor.withArray("shape").add(size);
      bytes *= size;
    }
    tensor.putArray("data_offsets").add(begin).add(begin + bytes);
  }

  /** Which name of a tied tensor a writer keeps differs. */
  @Test
  void readsEitherNameOfATiedTensor() throws IOException {
    String before = model.parametersSha256();
    Files.write(
        file,
        rewritten(
            json -> {
              json.set("lm_head.decoder.weight", json.remove(Layout.WORDS));
              json.set("lm_head.decoder.bias", json.remove(BIAS));
            }));
    model.load(folder);
    Roberta.verify(folder);
    assertThat(model.parametersSha256()).isEqualTo(before);
    refuses(rewritten(json -> json.remove(BIAS)), "where the header tells of");
  }

  @Test
  void otherFormsOfAModelAreRefusedWithTheReason() throws IOException {
    for (String[] other :
        new String[][] {
          {"pytorch_model.bin", "pickled"}, {"model.safetensors.index.json", "several files"}
        }) {
      Files.delete(file);
      Files.write(folder.resolve(other[0]), new byte[9]);
      fails(folder.resolve(other[0]), other[1]);
      assertThatIOException()
          .isThrownBy(() -> Roberta.verify(folder))
          .withMessageContaining(other[1]);
      Files.write(file, good); // beside it, the one that is read
      model.load(folder);
      Files.delete(folder.resolve(other[0]));
    }
  }

  /** A configuration that promises what the file does not hold: nothing of that size is taken. */
  @Test
  void aHostileSizeIsRefusedBeforeMemoryIsTaken() throws IOException {
    Path config = folder.resolve("config.json");
    String json = Files.readString(config);
    for (int vocabulary : new int[] {200_000_000, Integer.MAX_VALUE}) {
      Files.writeString(
          config, json.replace("\"vocab_size\" : 11", "\"vocab_size\" : " + vocabulary));
      assertThatIOException()
          .isThrownBy(() -> Roberta.verify(folder))
          .withMessageStartingWith(folder.toString())
          .satisfies(e -> assertThat(e.getMessage()).containsAnyOf("allowed", "expected"));
    }
  }

  @Test
  void refusesWrongMomentsAndConfigurations() throws IOException {
    Path optimizer = folder.resolve("optimizer.safetensors");
    byte[] moments = Files.readAllBytes(optimizer);
    ByteBuffer.wrap(moments).order(ByteOrder.LITTLE_ENDIAN).putFloat(moments.length - 4, -1);
    Files.write(optimizer, moments);
    fails(optimizer, "a mean square of -1.0");
    Files.delete(optimizer);
    fails(optimizer, "optimizer.safetensors");
    Path config = folder.resolve("config.json");
    String json = Files.readString(config);
    Files.writeString(config, json.replaceFirst("\"hidden_size\" : 8", "\"hidden_size\" : 16"));
    fails(config, "hidden=16");
    Files.writeString(config, json.replaceFirst("\"gelu\"", "\"relu\""));
    fails(config, "hidden_act is \"relu\"; expected gelu");
    Files.writeString(config, json.replaceFirst("11", "11e9"));
    fails(config, "vocab_size");
    Files.writeString(config, json.replace("\"model_type\" : \"roberta\",", ""));
    fails(config, "model_type is missing; expected roberta");
    Files.writeString(config, json.replace("\"pad_token_id\" : 1", "\"pad_token_id\" : 0"));
    fails(config, "pad_token_id is 0; expected 1");
    Files.writeString(config, json.replaceFirst("\\{", "{\"is_decoder\": true,"));
    fails(config, "is_decoder is true; expected false");
    String bounded = "%s: num_hidden_layers is %s; allowed: 1 to 96";
    String layers = "\"num_hidden_layers\" : ";
    for (String many : List.of("97", "2000000000", "2000000000000", "0", "[]")) {
      Files.writeString(config, json.replaceFirst(layers + "\\d+", layers + many));
      fails(config, bounded.formatted(config, many));
    }
    Files.writeString(config, json.replaceFirst("\"gelu\"", "\"" + "g".repeat(100_000) + "\""));
    assertThatIOException()
        .isThrownBy(() -> Roberta.shape(folder))
        .satisfies(e -> assertThat(e.getMessage().length()).isLessThan(300));
    Files.writeString(config, "{");
    fails(config, "not JSON");
    Files.write(config, new byte[(1 << 20) + 1]);
    fails(config, "more than");
  }

  /** Whatever byte of the header is changed: the same model, or a fault of this file. */
  @Test
  void noDamageOfTheHeaderGoesUnnoticedOrEscapesAsSomethingElse() throws IOException {
    Random random = new Random(6);
    String before = model.parametersSha256();
    int header = (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong();
    for (int i = 0; i < 400; i++) {
      byte[] bad = good.clone();
      bad[random.nextInt(8 + header)] = (byte) random.nextInt(256);
      Files.write(file, bad);
      try {
        model.load(folder, folder);
      } catch (IOException e) {
        assertThat(e).hasMessageContaining(file.toString());
      }
      assertThat(model.parametersSha256()).isEqualTo(before);
    }
  }

  /** Whatever is wrong with a folder, the message is the file and then the fault. */
  @Test
  void everyFaultOfAFolderNamesFileAndFault() throws IOException {
    for (String name : List.of("config.json", "model.safetensors", "optimizer.safetensors")) {
      Path one = folder.resolve(name);
      byte[] whole = Files.readAllBytes(one);
      for (int length : new int[] {0, 1, 9, whole.length / 2, whole.length - 1}) {
        Files.write(one, Arrays.copyOf(whole, length));
        fails(one, one + ": ");
      }
      Files.delete(one);
      fails(one, one + ": no such file");
      Files.createDirectory(one);
      fails(one, one + ": not a file that can be read");
      Files.delete(one);
      Files.write(one, whole);
    }
    model.load(folder, folder);
    assertThatIOException()
        .isThrownBy(() -> Roberta.shape(folder.resolve("nowhere")))
        .withMessage(folder.resolve("nowhere/config.json") + ": no such file");
  }

  @Test
  void aShapeThatNoModelCanHaveIsAFaultOfItsFile() throws IOException {
    Path config = folder.resolve("config.json");
    String json = Files.readString(config);
    for (String[] edit :
        new String[][] {
          {"\"num_attention_heads\" : 2", "\"num_attention_heads\" : 3"},
          {"\"max_position_embeddings\" : 7", "\"max_position_embeddings\" : 2"},
          {"\"vocab_size\" : 11", "\"vocab_size\" : 4"}
        }) {
      assertThat(json).contains(edit[0]);
      Files.writeString(config, json.replace(edit[0], edit[1]));
      assertThatIOException()
          .isThrownBy(() -> Roberta.shape(folder))
          .withMessageStartingWith(config + ": ModelShape[")
          .withMessageContaining("allowed: ");
    }
    Files.write(config, new byte[] {0, 0, (byte) 0xFE, (byte) 0xFF, 0x7F, 0, 0, 0});
    assertThatIOException()
        .isThrownBy(() -> Roberta.shape(folder))
        .withMessageStartingWith(config + ": not JSON: ");
  }

  private void refuses(byte[] bytes, String reason) throws IOException {
    Files.write(file, bytes);
    fails(file, reason);
  }

  private void fails(Path bad, String reason) {
    String before = model.parametersSha256();
    assertThatIOException()
        .isThrownBy(() -> model.load(folder, folder))
        .withMessageContaining(bad.toString())
        .withMessageContaining(reason)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    assertThat(model.parametersSha256()).isEqualTo(before);
    if (bad.equals(file)) {
      assertThatIOException()
          .isThrownBy(() -> Roberta.verify(folder))
          .withMessageContaining(bad.toString())
          .withMessageContaining(reason);
    }
  }

  private byte[] withLength(long length) {
    byte[] bytes = good.clone();
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
    return bytes;
  }

  private static ObjectNode header(byte[] bytes) throws IOException {
    int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return (ObjectNode) Safetensors.JSON.readTree(bytes, 8, length);
  }

  private int dataLength() {
    return good.length - 8 - (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  private byte[] entry(Consumer<ObjectNode> change) throws IOException {
    return rewritten(json -> change.accept((ObjectNode) json.get(BIAS)));
  }

  private byte[] rewritten(Consumer<ObjectNode> change) throws IOException {
    ObjectNode json = header(good);
    change.accept(json);
    return joined(Safetensors.JSON.writeValueAsString(json));
  }

  private byte[] edited(UnaryOperator<String> change) throws IOException {
    return joined(change.apply(Safetensors.JSON.writeValueAsString(header(good))));
  }

  private byte[] joined(String header) {
    byte[] start = text(header);
    byte[] bytes = Arrays.copyOf(start, start.length + dataLength());
    System.arraycopy(good, good.length - dataLength(), bytes, start.length, dataLength());
    return bytes;
  }

  private static byte[] text(String header) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }
}
