package dev.remask.mlm;

import dev.remask.mlm.Merges.Merge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hugging Face's tokenizer.json (tokenizers 0.20 and later; read also in the older form with merges
 * as "left right").
 */
final class TokenizerJson {
  /**
   * Its arguments: the id of the mask, whether merges are ignored, vocab, merges. Only the mask
   * swallows a space before it.
   */
  private static final String FILE =
      """
      {"version":"1.0",
      "truncation":null,
      "padding":null,
      "added_tokens":[
      {"id":0,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":true,"special":true},
      {"id":1,"content":"<pad>","single_word":false,"lstrip":false,"rstrip":false,"normalized":true,"special":true},
      {"id":2,"content":"</s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":true,"special":true},
      {"id":3,"content":"<unk>","single_word":false,"lstrip":false,"rstrip":false,"normalized":true,"special":true},
      {"id":%s,"content":"<mask>","single_word":false,"lstrip":true,"rstrip":false,"normalized":false,"special":true}],
      "normalizer":null,
      "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
      "post_processor":{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",0],"trim_offsets":true,"add_prefix_space":false},
      "decoder":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
      "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":"","end_of_word_suffix":"","fuse_unk":false,"byte_fallback":false,"ignore_merges":%s,
      "vocab":%s,
      "merges":%s}}
      """;

  private TokenizerJson() {}

  static String write(Vocabulary vocabulary) {
    List<List<String>> merges = new ArrayList<>();
    for (Merge merge : vocabulary.merges().rules()) {
      merges.add(List.of(vocabulary.token(merge.left()), vocabulary.token(merge.right())));
    }
    return FILE.formatted(
        Integer.toString(vocabulary.mask()),
        Boolean.toString(vocabulary.ignoresMerges()),
        Json.write(vocabulary.tokenIds()),
        Json.write(merges));
  }

  /** With the ids that it has; IllegalArgumentException if they are not in our layout. */
  static Vocabulary read(byte[] json) {
    Map<?, ?> root = root(json);
    Map<?, ?> model = map(root.get("model"), "model");
    Map<String, Integer> ids = ids(map(model.get("vocab"), "model.vocab"));
    addSpecial(list(root.get("added_tokens"), "added_tokens"), ids);
    return vocabulary(byId(ids), model);
  }

  /** With ids in our layout, whatever it has. */
  static Vocabulary adopt(byte[] json) {
    Map<?, ?> root = root(json);
    Map<?, ?> model = map(root.get("model"), "model");
    Map<String, Integer> ids = ids(map(model.get("vocab"), "model.vocab"));
    if (isOurs(ids, list(root.get("added_tokens"), "added_tokens"))) {
      return read(json);
    }
    for (Object element : list(root.get("added_tokens"), "added_tokens")) {
      Map<?, ?> token = map(element, "an added token");
      require(
          Boolean.TRUE.equals(token.get("special")),
          "added token " + token.get("content") + " is not special: it is cut out of text");
      ids.remove(String.valueOf(token.get("content")));
    }
    ids.keySet().removeAll(Vocabulary.LEADING);
    ids.remove(Vocabulary.MASK);
    List<String> tokens = new ArrayList<>(Vocabulary.LEADING);
    ids.entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .forEach(entry -> tokens.add(entry.getKey()));
    tokens.add(Vocabulary.MASK);
    return vocabulary(tokens, model);
  }

  /** Whether the special tokens are where we have them, and no others. */
  private static boolean isOurs(Map<String, Integer> vocab, List<?> added) {
    Map<String, Integer> ids = new LinkedHashMap<>(vocab);
    for (Object element : added) {
      Map<?, ?> token = map(element, "an added token");
      String content = String.valueOf(token.get("content"));
      if (!Vocabulary.LEADING.contains(content) && !Vocabulary.MASK.equals(content)) {
        return false;
      }
      ids.put(content, id(token.get("id")));
    }
    for (int id = 0; id < Vocabulary.FIRST_TEXT; id++) {
      if (!Integer.valueOf(id).equals(ids.get(Vocabulary.LEADING.get(id)))) {
        return false;
      }
    }
    return Integer.valueOf(ids.size() - 1).equals(ids.get(Vocabulary.MASK));
  }

  /** IllegalArgumentException if this is no byte-level BPE of the kind that we are. */
  private static Map<?, ?> root(byte[] json) {
    Map<?, ?> root = map(Json.read(json), "the whole");
    require(root.get("normalizer") == null, "it has a normalizer");
    requireModel(map(root.get("model"), "model"));
    requirePreTokenizer(map(root.get("pre_tokenizer"), "pre_tokenizer"));
    return root;
  }

  private static Vocabulary vocabulary(List<String> tokens, Map<?, ?> model) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    tokens.forEach(token -> ids.put(token, ids.size()));
    return new Vocabulary(
        tokens,
        merges(list(model.get("merges"), "model.merges"), ids),
        Boolean.TRUE.equals(model.get("ignore_merges")));
  }

  private static void requirePreTokenizer(Map<?, ?> preTokenizer) {
    Object type = preTokenizer.get("type");
    if ("Sequence".equals(type) && preTokenizer.get("pretokenizers") instanceof List<?> steps) {
      require(
          steps.size() == 1, "pre_tokenizer has " + steps.size() + " steps, not ByteLevel alone");
      requirePreTokenizer(map(steps.get(0), "pre_tokenizer"));
      return;
    }
    require("ByteLevel".equals(type), "pre_tokenizer.type is " + type + ", not ByteLevel");
    requireOff(preTokenizer, "add_prefix_space");
    Object regex = preTokenizer.get("use_regex");
    require(regex == null || Boolean.TRUE.equals(regex), "pre_tokenizer.use_regex is " + regex);
  }

  private static void requireModel(Map<?, ?> model) {
    Object type = model.get("type");
    require(type == null || "BPE".equals(type), "model.type is " + type + ", not BPE");
    for (String option :
        List.of("dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback")) {
      requireOff(model, option);
    }
    Object ignore = model.get("ignore_merges");
    require(ignore == null || ignore instanceof Boolean, "ignore_merges is " + ignore);
  }

  private static void requireOff(Map<?, ?> object, String option) {
    Object value = object.get(option);
    boolean zero = value instanceof Number number && number.doubleValue() == 0;
    boolean off = value == null || value.equals("") || value.equals(false) || zero;
    require(off, option + " is " + value);
  }

  private static Map<String, Integer> ids(Map<?, ?> vocab) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : vocab.entrySet()) {
      ids.put(String.valueOf(entry.getKey()), id(entry.getValue()));
    }
    return ids;
  }

  private static int id(@Nullable Object value) {
    if (value instanceof Long id && id >= 0 && id < Vocabulary.MAX_SIZE) {
      return id.intValue();
    }
    throw unfit("token id " + value + "; allowed are 0 to " + (Vocabulary.MAX_SIZE - 1));
  }

  /** Special tokens may stand in the model's vocabulary, beside it, or in both. */
  private static void addSpecial(List<?> added, Map<String, Integer> ids) {
    for (Object element : added) {
      Map<?, ?> token = map(element, "an added token");
      String content = String.valueOf(token.get("content"));
      require(
          Vocabulary.LEADING.contains(content) || Vocabulary.MASK.equals(content),
          "added token " + content);
      int id = id(token.get("id"));
      Integer known = ids.putIfAbsent(content, id);
      require(known == null || known == id, "two ids for " + content);
    }
  }

  private static List<String> byId(Map<String, Integer> ids) {
    @Nullable String[] tokens = new @Nullable String[ids.size()];
    ids.forEach(
        (token, id) -> {
          require(id < tokens.length && tokens[id] == null, "token ids are not 0 ... size - 1");
          tokens[id] = token;
        });
    return Arrays.stream(tokens).map(String::valueOf).toList();
  }

  private static List<Merge> merges(List<?> merges, Map<String, Integer> ids) {
    List<Merge> rules = new ArrayList<>(merges.size());
    for (Object merge : merges) {
      List<?> pair =
          merge instanceof String string ? List.of(string.split(" ", -1)) : list(merge, "a merge");
      require(pair.size() == 2, "merge " + merge);
      String left = String.valueOf(pair.get(0));
      String right = String.valueOf(pair.get(1));
      rules.add(new Merge(id(ids, left), id(ids, right), id(ids, left + right)));
    }
    return rules;
  }

  private static int id(Map<String, Integer> ids, String token) {
    Integer id = ids.get(token);
    if (id == null) {
      throw unfit("a merge has " + token + ", which is no token");
    }
    return id;
  }

  private static Map<?, ?> map(@Nullable Object value, String name) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw unfit(name + " is not an object");
  }

  private static List<?> list(@Nullable Object value, String name) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw unfit(name + " is not an array");
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw unfit(otherwise);
    }
  }

  private static IllegalArgumentException unfit(String reason) {
    return new IllegalArgumentException("not a tokenizer.json of a byte-level BPE: " + reason);
  }
}
