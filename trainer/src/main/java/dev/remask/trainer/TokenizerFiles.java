package dev.remask.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.remask.mlm.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The files beside a model from which Hugging Face's transformers load its tokenizer. */
public final class TokenizerFiles {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TokenizerFiles() {}

  /**
   * File name to content.
   *
   * @param tokenizerJson the dataset's, kept byte for byte
   * @param positions tokens that the model takes at most
   */
  public static SortedMap<String, byte[]> of(byte[] tokenizerJson, int positions) {
    Vocabulary vocabulary = Vocabulary.parse(tokenizerJson);
    SortedMap<String, byte[]> files = new TreeMap<>();
    files.put("tokenizer.json", tokenizerJson.clone());
    files.put("special_tokens_map.json", json(specialTokens()));
    boolean gpt2 = vocabulary.cutsAsGpt2();
    Map<String, Object> config = new LinkedHashMap<>();
    // Else tokenizer.json alone: RobertaTokenizer puts its own way of cutting into its place.
    config.put("tokenizer_class", gpt2 ? "RobertaTokenizer" : "PreTrainedTokenizerFast");
    config.put("model_max_length", positions);
    if (gpt2) {
      files.put("vocab.json", vocabulary.vocabJson().getBytes(StandardCharsets.UTF_8));
      files.put("merges.txt", vocabulary.mergesTxt().getBytes(StandardCharsets.UTF_8));
      config.put("add_prefix_space", false);
      config.put("trim_offsets", true);
    }
    config.put("errors", "replace");
    config.putAll(specialTokens());
    files.put("tokenizer_config.json", json(config));
    return files;
  }

  private static Map<String, Object> specialTokens() {
    Map<String, Object> mask = new LinkedHashMap<>();
    mask.put("content", "<mask>");
    mask.put("lstrip", true); // takes the space before it
    mask.put("normalized", false);
    mask.put("rstrip", false);
    mask.put("single_word", false);
    Map<String, Object> tokens = new LinkedHashMap<>();
    tokens.put("bos_token", "<s>");
    tokens.put("eos_token", "</s>");
    tokens.put("sep_token", "</s>");
    tokens.put("cls_token", "<s>");
    tokens.put("unk_token", "<unk>");
    tokens.put("pad_token", "<pad>");
    tokens.put("mask_token", mask);
    return tokens;
  }

  private static byte[] json(Map<String, Object> content) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(content);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of strings is not JSON: " + content, e);
    }
  }
}
