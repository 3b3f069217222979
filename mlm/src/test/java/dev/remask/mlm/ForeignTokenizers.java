package dev.remask.mlm;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Files of byte-level BPEs as others publish them: the ways in which they cut text, around a
 * vocabulary of our own.
 */
final class ForeignTokenizers {
  static final String CL100K =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  static final String QWEN2 = CL100K.replace("{1,3}", "");
  static final String TIKTOKEN =
      "'(?i:s|d|m|t|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*"
          + "|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";
  private static final String O200K_TAIL = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?";
  static final String O200K =
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
          + O200K_TAIL
          + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"
          + O200K_TAIL
          + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  static final String DEEPSEEK =
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
          + "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+";
  static final String BLOOM = " ?[^(\\s|[.,!?…。，、।۔،])]+";

  private ForeignTokenizers() {}

  static String byteLevel(boolean addPrefixSpace, boolean useRegex) {
    return "{\"type\":\"ByteLevel\",\"add_prefix_space\":"
        + addPrefixSpace
        + ",\"trim_offsets\":true,\"use_regex\":"
        + useRegex
        + "}";
  }

  static String sequence(String... steps) {
    return "{\"type\":\"Sequence\",\"pretokenizers\":[" + String.join(",", steps) + "]}";
  }

  static String split(String regex) {
    return split("Regex", regex, "Isolated", false);
  }

  static String split(String kind, String pattern, String behavior, boolean invert) {
    return "{\"type\":\"Split\",\"pattern\":"
        + Json.write(Map.of(kind, pattern))
        + ",\"behavior\":\""
        + behavior
        + "\",\"invert\":"
        + invert
        + "}";
  }

  static String digits(boolean individual) {
    return "{\"type\":\"Digits\",\"individual_digits\":" + individual + "}";
  }

  /** Cut by a pattern and by nothing else. */
  static String by(String regex) {
    return sequence(split(regex), byteLevel(false, false));
  }

  static String normalizer(String... types) {
    List<String> all = List.of(types).stream().map("{\"type\":\"%s\"}"::formatted).toList();
    return all.size() == 1
        ? all.get(0)
        : "{\"type\":\"Sequence\",\"normalizers\":[" + String.join(",", all) + "]}";
  }

  /** A token that is not special, with any of single_word, lstrip, rstrip, normalized. */
  static Map<String, Object> added(String content, String... options) {
    Map<String, Object> token = new LinkedHashMap<>();
    token.put("content", content);
    for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
      token.put(flag, List.of(options).contains(flag));
    }
    token.put("special", false);
    return token;
  }

  /** Of merges that know no bounds of words, so that every cut shows in the ids. */
  static Vocabulary boundless(Iterable<String> texts, int size) {
    PreTokenCounts counts = new PreTokenCounts();
    texts.forEach(text -> counts.add(text, 0, text.length()));
    return Vocabulary.learn(counts, size, 2);
  }

  /** A file in a layout like GPT-2's: text from 0 on, then a special token, then the others. */
  static byte[] file(
      Vocabulary vocabulary,
      String normalizer,
      String preTokenizer,
      List<Map<String, Object>> addedTokens) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (int id = Vocabulary.FIRST_TEXT; id < vocabulary.mask(); id++) {
      ids.put(vocabulary.token(id), id - Vocabulary.FIRST_TEXT);
    }
    List<Map<String, Object>> added = new ArrayList<>();
    added.add(added("<|endoftext|>"));
    added.get(0).put("special", true);
    added.addAll(addedTokens);
    int next = ids.size();
    for (Map<String, Object> token : added) {
      Integer known = ids.get(String.valueOf(token.get("content")));
      token.put("id", known == null ? next++ : known);
    }
    List<List<String>> merges = new ArrayList<>();
    for (Merges.Merge merge : vocabulary.merges().rules()) {
      merges.add(List.of(vocabulary.token(merge.left()), vocabulary.token(merge.right())));
    }
    String json =
        """
        {"version":"1.0","truncation":null,"padding":null,"added_tokens":%s,
        "normalizer":%s,"pre_tokenizer":%s,"post_processor":null,"decoder":null,
        "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,
        "end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,
        "vocab":%s,"merges":%s}}
        """
            .formatted(
                Json.write(added), normalizer, preTokenizer, Json.write(ids), Json.write(merges));
    return json.getBytes(StandardCharsets.UTF_8);
  }

  /** The tokens of such a file by their ids. */
  static Map<Long, String> names(byte[] json) {
    Map<?, ?> root = (Map<?, ?>) Json.read(json);
    Map<Long, String> names = new HashMap<>();
    Map<?, ?> vocab = (Map<?, ?>) ((Map<?, ?>) root.get("model")).get("vocab");
    vocab.forEach((token, id) -> names.put((Long) id, (String) token));
    for (Object element : (List<?>) root.get("added_tokens")) {
      Map<?, ?> token = (Map<?, ?>) element;
      names.put((Long) token.get("id"), (String) token.get("content"));
    }
    return names;
  }
}
