package dev.remask.mlm;

import dev.remask.mlm.AddedTokens.AddedToken;
import dev.remask.mlm.Merges.Merge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Hugging Face's tokenizer.json (tokenizers 0.20 and later; read also in the older form with merges
 * as "left right").
 */
final class TokenizerJson {
  /**
   * Its arguments: the added tokens that are not special, the id of the mask, normalizer,
   * pre-tokenizer, whether a space is put in front, whether merges are ignored, vocab, merges. Only
   * the mask swallows a space before it.
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
      %s{"id":%s,"content":"<mask>","single_word":false,"lstrip":true,"rstrip":false,"normalized":false,"special":true}],
      "normalizer":%s,
      "pre_tokenizer":%s,
      "post_processor":{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",0],"trim_offsets":true,"add_prefix_space":%s},
      "decoder":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
      "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":"","end_of_word_suffix":"","fuse_unk":false,"byte_fallback":false,"ignore_merges":%s,
      "vocab":%s,
      "merges":%s}}
      """;

  /** One of a file's added_tokens. */
  private record Listed(String content, int id, boolean special, AddedToken asCut) {
    static Listed of(Map<?, ?> token) {
      String content = string(token.get("content"), "the content of an added token");
      require(
          !content.isEmpty() && PreTokens.wellFormed(content).equals(content),
          "added token \"" + content + "\" is no text");
      int id = TokenizerJson.id(token.get("id"));
      boolean special = flag(token, "special", false);
      AddedToken asCut =
          new AddedToken(
              content,
              id,
              flag(token, "single_word", false),
              flag(token, "lstrip", false),
              flag(token, "rstrip", false),
              flag(token, "normalized", !special));
      return new Listed(content, id, special || hasOurName(content), asCut);
    }
  }

  private final Map<?, ?> model;
  private final Map<String, Integer> vocab;
  private final List<Listed> specials = new ArrayList<>();
  private final List<AddedToken> cut = new ArrayList<>();
  private final List<String> own = new ArrayList<>(); // of those, what the model does not make
  private final Set<String> unmade = new HashSet<>(); // what no merge of ours may make
  private final Normalization normalization;
  private final PreTokenizer preTokenizer;

  /** IllegalArgumentException with the reason if it is no byte-level BPE of the kinds we know. */
  private TokenizerJson(byte[] json) {
    Map<?, ?> root = map(Json.read(json), "the whole");
    model = map(root.get("model"), "model");
    requireModel(model);
    normalization = Normalization.read(root.get("normalizer"));
    preTokenizer = PreTokenizer.read(root.get("pre_tokenizer"));
    vocab = ids(map(model.get("vocab"), "model.vocab"));
    List<Listed> added = new ArrayList<>();
    for (Object element : list(root.get("added_tokens"), "added_tokens")) {
      added.add(Listed.of(map(element, "an added token")));
    }
    added.sort(Comparator.comparingInt(Listed::id));
    Set<String> contents = new HashSet<>();
    for (Listed token : added) {
      require(
          contents.add(token.content()),
          "added token " + Json.write(token.content()) + " stands twice");
      if (token.special()) {
        specials.add(token);
      } else {
        cut.add(token.asCut());
        if (!isMade(token.content())) {
          own.add(token.content());
        }
      }
    }
    specials.forEach(token -> unmade.add(token.content()));
    vocab.keySet().stream()
        .filter(token -> hasOurName(token) || !ByteAlphabet.isMadeOf(token))
        .forEach(unmade::add);
  }

  private static boolean hasOurName(String token) {
    return Vocabulary.LEADING.contains(token) || Vocabulary.MASK.equals(token);
  }

  /** Whether an added token is one that merges can make. */
  private boolean isMade(String content) {
    if (!vocab.containsKey(content)) {
      return false;
    }
    boolean sameBytes = ByteAlphabet.write(content).equals(content);
    require(
        sameBytes || !ByteAlphabet.isMadeOf(content),
        "added token " + content + " has the name of other bytes in model.vocab");
    return sameBytes;
  }

  /** With the ids that it has; IllegalArgumentException if they are not in our layout. */
  static Vocabulary read(byte[] json) {
    return new TokenizerJson(json).asItIs();
  }

  /** With ids in our layout, whatever it has. */
  static Vocabulary adopt(byte[] json) {
    TokenizerJson file = new TokenizerJson(json);
    return file.isOurs() ? file.asItIs() : file.renumbered();
  }

  private Vocabulary asItIs() {
    for (Listed token : specials) {
      require(hasOurName(token.content()), "added token " + token.content());
    }
    Map<String, Integer> ids = allIds();
    List<String> tokens = byId(ids);
    require(
        ownAreLast(ids),
        "added tokens that are not special stand elsewhere than just before the last token");
    return vocabulary(tokens);
  }

  private Vocabulary renumbered() {
    for (Listed token : specials) {
      require(
          token.content().length() > 1 || !ByteAlphabet.isMadeOf(token.content()),
          "special token " + token.content() + " is a byte of text");
    }
    require(new HashSet<>(vocab.values()).size() == vocab.size(), "two tokens have the same id");
    Map<String, Integer> text = new LinkedHashMap<>(vocab);
    text.keySet().removeAll(unmade);
    List<String> tokens = new ArrayList<>(Vocabulary.LEADING);
    text.entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .forEach(entry -> tokens.add(entry.getKey()));
    tokens.addAll(own);
    tokens.add(Vocabulary.MASK);
    return vocabulary(tokens);
  }

  /** Whether the special tokens are where we have them, and no others, and what is cut as well. */
  private boolean isOurs() {
    Map<String, Integer> ids = new LinkedHashMap<>(vocab);
    specials.forEach(token -> ids.put(token.content(), token.id()));
    cut.forEach(token -> ids.putIfAbsent(token.content(), token.id()));
    int mask = ids.size() - 1;
    return unmade.stream().allMatch(token -> hasOurName(token) || own.contains(token))
        && IntStream.range(0, Vocabulary.FIRST_TEXT)
            .allMatch(id -> Integer.valueOf(id).equals(ids.get(Vocabulary.LEADING.get(id))))
        && Integer.valueOf(mask).equals(ids.get(Vocabulary.MASK))
        && ownAreLast(ids);
  }

  /** But for the mask. */
  private boolean ownAreLast(Map<String, Integer> ids) {
    int first = ids.size() - 1 - own.size();
    return own.stream().allMatch(token -> ids.getOrDefault(token, 0) >= first);
  }

  /** Added tokens may stand in the model's vocabulary, beside it, or in both. */
  private Map<String, Integer> allIds() {
    Map<String, Integer> ids = new LinkedHashMap<>(vocab);
    specials.forEach(token -> add(token.content(), token.id(), ids));
    cut.forEach(token -> add(token.content(), token.id(), ids));
    return ids;
  }

  private static void add(String token, int id, Map<String, Integer> ids) {
    Integer known = ids.putIfAbsent(token, id);
    require(known == null || known == id, "two ids for " + token);
  }

  private Vocabulary vocabulary(List<String> tokens) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    tokens.forEach(token -> ids.put(token, ids.size()));
    List<AddedToken> added = new ArrayList<>();
    for (AddedToken token : cut) {
      added.add(token.withId(id(ids, token.content())));
    }
    added.sort(Comparator.comparingInt(AddedToken::id));
    AddedTokens addedTokens = new AddedTokens(added, own.size(), normalization);
    return new Vocabulary(
        tokens,
        merges(ids),
        flag(model, "ignore_merges", false),
        new TextPipeline(normalization, addedTokens, preTokenizer));
  }

  static String write(Vocabulary vocabulary) {
    List<List<String>> merges = new ArrayList<>();
    for (Merge merge : vocabulary.merges().rules()) {
      merges.add(List.of(vocabulary.token(merge.left()), vocabulary.token(merge.right())));
    }
    TextPipeline pipeline = vocabulary.pipeline();
    StringBuilder added = new StringBuilder();
    for (AddedToken token : pipeline.added().tokens()) {
      added.append(Json.write(token.json())).append(",\n");
    }
    return FILE.formatted(
        added,
        Integer.toString(vocabulary.mask()),
        Json.write(pipeline.normalization().json()),
        Json.write(pipeline.preTokenizer().json()),
        Boolean.toString(pipeline.preTokenizer().addsPrefixSpace()),
        Boolean.toString(vocabulary.ignoresMerges()),
        Json.write(modelIds(vocabulary)),
        Json.write(merges));
  }

  /**
   * Hugging Face's code numbers the added tokens that the model does not have by their order, from
   * the model's size on: so where there are some, the mask, behind them, is not the model's either.
   */
  private static Map<String, Integer> modelIds(Vocabulary vocabulary) {
    Map<String, Integer> ids = vocabulary.tokenIds();
    int own = vocabulary.pipeline().added().own();
    if (own > 0) {
      ids.values().removeIf(id -> id >= vocabulary.mask() - own);
    }
    return ids;
  }

  private static void requireModel(Map<?, ?> model) {
    Object type = model.get("type");
    require(type == null || "BPE".equals(type), "model.type is " + type + ", not BPE");
    for (String option :
        List.of("dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback")) {
      requireOff(model, option);
    }
    flag(model, "ignore_merges", false);
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
      ids.put(string(entry.getKey(), "a token"), id(entry.getValue()));
    }
    return ids;
  }

  private static int id(@Nullable Object value) {
    if (value instanceof Long id && id >= 0 && id < Vocabulary.MAX_SIZE) {
      return id.intValue();
    }
    throw unfit("token id " + value + "; allowed are 0 to " + (Vocabulary.MAX_SIZE - 1));
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

  /**
   * Without those that make a token which stands for something else than its text: a special one,
   * here or there, or one that is not in the byte alphabet, which no text has.
   */
  private List<Merge> merges(Map<String, Integer> ids) {
    List<?> merges = list(model.get("merges"), "model.merges");
    List<Merge> rules = new ArrayList<>(merges.size());
    for (Object merge : merges) {
      List<?> pair =
          merge instanceof String string ? List.of(string.split(" ", -1)) : list(merge, "a merge");
      require(pair.size() == 2, "merge " + merge);
      String left = string(pair.get(0), "a part of a merge");
      String right = string(pair.get(1), "a part of a merge");
      if (Stream.of(left, right, left + right).noneMatch(unmade::contains)) {
        rules.add(new Merge(id(ids, left), id(ids, right), id(ids, left + right)));
      }
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

  /** A member that is true, false or not there. */
  static boolean flag(Map<?, ?> object, String name, boolean otherwise) {
    Object value = object.get(name);
    require(value == null || value instanceof Boolean, name + " is " + value);
    return value == null ? otherwise : Boolean.TRUE.equals(value);
  }

  static Map<?, ?> map(@Nullable Object value, String name) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw unfit(name + " is not an object");
  }

  static String string(@Nullable Object value, String name) {
    if (value instanceof String string) {
      return string;
    }
    throw unfit(name + " is not a string");
  }

  static List<?> list(@Nullable Object value, String name) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw unfit(name + " is not an array");
  }

  static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw unfit(otherwise);
    }
  }

  static IllegalArgumentException unfit(String reason) {
    return new IllegalArgumentException("not a tokenizer.json of a byte-level BPE: " + reason);
  }
}
