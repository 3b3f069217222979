package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.remask.mlm.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

class TokenizerFilesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void theFilesThatTransformersLoads() throws Exception {
    Vocabulary vocabulary = Vocabulary.learn(List.of("the cat sat on the mat, the cat"), 270);
    SortedMap<String, byte[]> files = TokenizerFiles.of(vocabulary.tokenizerJson(), 128);
    assertThat(files)
        .containsOnlyKeys(
            "tokenizer.json",
            "vocab.json",
            "merges.txt",
            "special_tokens_map.json",
            "tokenizer_config.json");
    assertThat(files.get("tokenizer.json")).isEqualTo(vocabulary.tokenizerJson());
    String merges = new String(files.get("merges.txt"), StandardCharsets.UTF_8);
    assertThat(merges).startsWith("#version: 0.2\n").endsWith("\n");
    JsonNode ids = JSON.readTree(files.get("vocab.json"));
    assertThat(ids.size()).isEqualTo(vocabulary.size());
    JsonNode config = JSON.readTree(files.get("tokenizer_config.json"));
    assertThat(config.get("tokenizer_class").asText()).isEqualTo("RobertaTokenizer");
    assertThat(config.get("model_max_length").asInt()).isEqualTo(128);
    JsonNode special = JSON.readTree(files.get("special_tokens_map.json"));
    assertThat(special.get("mask_token").get("lstrip").asBoolean()).isTrue();
    for (String name : List.of("bos_token", "pad_token", "eos_token", "unk_token")) {
      assertThat(ids.has(special.get(name).asText())).as(name).isTrue();
    }
    assertThat(ids.get(special.get("mask_token").get("content").asText()).asInt())
        .isEqualTo(vocabulary.mask());
  }

  /** Which only its tokenizer.json can say. */
  @Test
  void aVocabularyThatCutsTextOtherwiseIsLoadedFromItsOwnFile() throws Exception {
    String plain =
        new String(
            Vocabulary.learn(List.of("the cat sat"), 261).tokenizerJson(), StandardCharsets.UTF_8);
    byte[] spaced =
        plain
            .replace("\"add_prefix_space\":false", "\"add_prefix_space\":true")
            .getBytes(StandardCharsets.UTF_8);
    SortedMap<String, byte[]> files = TokenizerFiles.of(spaced, 128);
    assertThat(files)
        .containsOnlyKeys("tokenizer.json", "special_tokens_map.json", "tokenizer_config.json");
    assertThat(files.get("tokenizer.json")).isEqualTo(spaced);
    JsonNode config = JSON.readTree(files.get("tokenizer_config.json"));
    assertThat(config.get("tokenizer_class").asText()).isEqualTo("PreTrainedTokenizerFast");
    assertThat(config.has("add_prefix_space")).isFalse();
  }
}
