package dev.remask.mlm;

import static dev.remask.mlm.TokenizerJson.flag;
import static dev.remask.mlm.TokenizerJson.list;
import static dev.remask.mlm.TokenizerJson.map;
import static dev.remask.mlm.TokenizerJson.require;
import static dev.remask.mlm.TokenizerJson.unfit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Cuts text into pre-tokens, which are merged each for itself: Hugging Face's steps, each of which
 * cuts what the one before it left. The last one is {@code ByteLevel}.
 */
record PreTokenizer(List<Step> steps) {
  /** Of {@link PreTokens} alone. */
  static final PreTokenizer GPT2 = new PreTokenizer(List.of(new ByteLevel(false, true)));

  private static final int MAX_STEPS = 32; // each takes some of the stack

  PreTokenizer {
    steps = List.copyOf(steps);
  }

  sealed interface Step permits ByteLevel, Split {
    /** The parts of a text that is not empty, in order; none of them is empty. */
    void cut(String text, Consumer<String> parts);

    /** As tokenizer.json has it. */
    Map<String, Object> json();
  }

  /**
   * @param useRegex whether it cuts as GPT-2 does, or not at all
   */
  record ByteLevel(boolean addPrefixSpace, boolean useRegex) implements Step {
    @Override
    public void cut(String text, Consumer<String> parts) {
      String spaced = addPrefixSpace && text.charAt(0) != ' ' ? " " + text : text;
      for (int start = 0, end; start < spaced.length(); start = end) {
        end = useRegex ? PreTokens.end(spaced, start) : spaced.length();
        parts.accept(spaced.substring(start, end));
      }
    }

    @Override
    public Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("type", "ByteLevel");
      json.put("add_prefix_space", addPrefixSpace);
      json.put("trim_offsets", true);
      json.put("use_regex", useRegex);
      return json;
    }
  }

  /** What becomes of the matches of a pattern, and of the gaps between them. */
  enum Behavior {
    ISOLATED("Isolated"),
    REMOVED("Removed"),
    CONTIGUOUS("Contiguous"),
    MERGED_WITH_PREVIOUS("MergedWithPrevious"),
    MERGED_WITH_NEXT("MergedWithNext");

    private final String name;

    Behavior(String name) {
      this.name = name;
    }

    /** Whether two neighbours, each a match or not, stay one part. */
    private boolean joins(boolean left, boolean right) {
      return switch (this) {
        case ISOLATED, REMOVED -> false;
        case CONTIGUOUS -> left == right;
        case MERGED_WITH_PREVIOUS -> right && !left;
        case MERGED_WITH_NEXT -> left && !right;
      };
    }
  }

  /**
   * Cuts at the matches of a pattern.
   *
   * @param invert whether gaps count as matches, and matches as gaps
   * @param json as it came: {@code Digits} is a {@code Split} as well
   */
  record Split(Pattern pattern, Behavior behavior, boolean invert, Map<String, Object> json)
      implements Step {
    @Override
    public void cut(String text, Consumer<String> parts) {
      Matcher matcher = pattern.matcher(text);
      int start = 0; // of the part that grows
      int end = 0;
      boolean match = false; // the last piece of it
      while (end < text.length()) {
        boolean found = matcher.find(end);
        int next = found ? matcher.start() : text.length();
        if (next > end) {
          start = boundary(text, start, end, match, invert, parts);
          end = next;
          match = invert;
        }
        if (found) {
          start = boundary(text, start, end, match, !invert, parts);
          end = matcher.end();
          match = !invert;
        }
      }
      emit(text, start, end, match, parts);
    }

    /** Where the part begins that the piece behind {@code end} belongs to. */
    private int boundary(
        String text, int start, int end, boolean left, boolean right, Consumer<String> parts) {
      if (end == 0 || behavior.joins(left, right)) {
        return start;
      }
      emit(text, start, end, left, parts);
      return end;
    }

    private void emit(String text, int start, int end, boolean match, Consumer<String> parts) {
      if (behavior != Behavior.REMOVED || !match) {
        parts.accept(text.substring(start, end));
      }
    }
  }

  void cut(String text, Consumer<String> preTokens) {
    if (!text.isEmpty()) {
      cut(text, 0, preTokens);
    }
  }

  private void cut(String text, int step, Consumer<String> preTokens) {
    if (step == steps.size()) {
      preTokens.accept(text);
    } else {
      steps.get(step).cut(text, part -> cut(part, step + 1, preTokens));
    }
  }

  /** Whether a text may begin with a space that it has not. */
  boolean addsPrefixSpace() {
    return steps.get(steps.size() - 1) instanceof ByteLevel last && last.addPrefixSpace();
  }

  Map<String, Object> json() {
    if (steps.size() == 1) {
      return steps.get(0).json();
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("type", "Sequence");
    json.put("pretokenizers", steps.stream().map(Step::json).toList());
    return json;
  }

  /** IllegalArgumentException with the reason if its steps are others. */
  static PreTokenizer read(@Nullable Object json) {
    List<Step> steps = new ArrayList<>();
    read(map(json, "pre_tokenizer"), steps);
    int last = steps.size() - 1;
    for (int i = 0; i <= last; i++) {
      require(
          i < last == !(steps.get(i) instanceof ByteLevel),
          "pre_tokenizer has ByteLevel "
              + (i < last ? "before its last step" : "not as its last step"));
    }
    require(last >= 0, "pre_tokenizer has no step");
    require(last < MAX_STEPS, "pre_tokenizer has more than " + MAX_STEPS + " steps");
    return new PreTokenizer(steps);
  }

  private static void read(Map<?, ?> json, List<Step> steps) {
    Object type = json.get("type");
    switch (String.valueOf(type)) {
      case "Sequence" -> {
        for (Object step : list(json.get("pretokenizers"), "pre_tokenizer.pretokenizers")) {
          read(map(step, "a step of pre_tokenizer"), steps);
        }
      }
      case "ByteLevel" ->
          steps.add(
              new ByteLevel(flag(json, "add_prefix_space", false), flag(json, "use_regex", true)));
      case "Digits" -> steps.add(digits(flag(json, "individual_digits", false)));
      case "Split" -> steps.add(split(json));
      default ->
          throw unfit(
              "pre_tokenizer.type is " + type + ", not ByteLevel, Split, Digits or Sequence");
    }
  }

  private static Split digits(boolean individual) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("type", "Digits");
    json.put("individual_digits", individual);
    Behavior behavior = individual ? Behavior.ISOLATED : Behavior.CONTIGUOUS;
    return new Split(SplitPattern.compile("\\p{N}"), behavior, false, json);
  }

  private static Split split(Map<?, ?> split) {
    Map<?, ?> pattern = map(split.get("pattern"), "pre_tokenizer's Split.pattern");
    for (Object value : pattern.values()) {
      require(
          !(value instanceof String text) || PreTokens.wellFormed(text).equals(text),
          "pre_tokenizer's Split.pattern is no text");
    }
    Object regex = pattern.get("Regex");
    Object literal = pattern.get("String");
    boolean invert = flag(split, "invert", false);
    Behavior behavior = behavior(split.get("behavior"));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("type", "Split");
    json.put("behavior", behavior.name);
    json.put("invert", invert);
    if (regex instanceof String expression && literal == null) {
      json.put("pattern", Map.of("Regex", expression));
      return new Split(compiled(expression), behavior, invert, json);
    }
    if (literal instanceof String text && !text.isEmpty() && regex == null) {
      json.put("pattern", Map.of("String", text));
      return new Split(Pattern.compile(Pattern.quote(text)), behavior, invert, json);
    }
    throw unfit("pre_tokenizer's Split.pattern is " + Json.write(pattern));
  }

  private static Pattern compiled(String expression) {
    try {
      return SplitPattern.compile(expression);
    } catch (IllegalArgumentException e) {
      throw unfit("pre_tokenizer's Split: " + e.getMessage());
    }
  }

  private static Behavior behavior(@Nullable Object name) {
    for (Behavior behavior : Behavior.values()) {
      if (behavior.name.equals(name)) {
        return behavior;
      }
    }
    throw unfit("pre_tokenizer's Split.behavior is " + name);
  }
}
