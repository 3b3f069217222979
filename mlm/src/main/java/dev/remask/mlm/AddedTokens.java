package dev.remask.mlm;

import static dev.remask.mlm.TokenizerJson.require;

import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that are cut out of text wherever they stand, before anything else looks at it: the
 * leftmost one, and of several the longest. First those that are not normalized, then, in what is
 * left and normalized, the others.
 */
final class AddedTokens {
  static final AddedTokens NONE = new AddedTokens(List.of(), 0, Normalization.NONE);

  private static final Pattern WORD = Pattern.compile("\\w", Pattern.UNICODE_CHARACTER_CLASS);

  /**
   * @param singleWord whether it is one only where no character of a word touches it: Unicode's
   *     {@code \\w}, which is letters, marks, digits, connectors and joiners
   * @param lstrip whether it takes the white space before it with it
   * @param rstrip whether it takes the white space behind it with it
   * @param normalized whether it is looked for in normalized text, itself normalized
   */
  record AddedToken(
      String content,
      int id,
      boolean singleWord,
      boolean lstrip,
      boolean rstrip,
      boolean normalized) {
    AddedToken withId(int other) {
      return new AddedToken(content, other, singleWord, lstrip, rstrip, normalized);
    }

    Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("id", id);
      json.put("content", content);
      json.put("single_word", singleWord);
      json.put("lstrip", lstrip);
      json.put("rstrip", rstrip);
      json.put("normalized", normalized);
      json.put("special", false);
      return json;
    }
  }

  /** What is looked for, character by character. */
  private static final class Trie {
    private final Map<Character, Trie> next = new HashMap<>();
    private final BitSet firsts = new BitSet(); // the same, quickly asked of every character
    private @Nullable AddedToken token;

    /** False if another token is the same text. */
    boolean put(String text, AddedToken added) {
      Trie end = this;
      for (int at = 0; at < text.length(); at++) {
        end.firsts.set(text.charAt(at));
        end = end.next.computeIfAbsent(text.charAt(at), first -> new Trie());
      }
      boolean free = end.token == null;
      end.token = added;
      return free;
    }

    boolean isEmpty() {
      return next.isEmpty();
    }

    /** The longest one that begins there, and where it ends. */
    @Nullable Found at(String text, int start) {
      Found longest = null;
      Trie trie = this;
      for (int at = start; at < text.length() && trie.firsts.get(text.charAt(at)); at++) {
        trie = Objects.requireNonNull(trie.next.get(text.charAt(at)));
        longest = trie.token == null ? longest : new Found(trie.token, at + 1);
      }
      return longest;
    }
  }

  private record Found(AddedToken token, int end) {}

  private final List<AddedToken> tokens;
  private final int own;
  private final Normalization normalization;
  private final Trie plain;
  private final Trie normalized;

  /**
   * @param tokens in the order of their ids, no content twice
   * @param own how many of them, the last ones, no merge makes
   */
  AddedTokens(List<AddedToken> tokens, int own, Normalization normalization) {
    this.tokens = List.copyOf(tokens);
    this.own = own;
    this.normalization = normalization;
    this.plain = trie(false);
    this.normalized = trie(true);
  }

  private Trie trie(boolean inNormalized) {
    Trie trie = new Trie();
    for (AddedToken token : tokens) {
      if (token.normalized() == inNormalized) {
        String text = inNormalized ? normalization.apply(token.content()) : token.content();
        boolean strips = token.lstrip() || token.rstrip();
        require(
            !strips || !text.chars().allMatch(PreTokens::isWhiteSpace),
            "added token " + Json.write(text) + " is white space and takes that around it with it");
        require(
            trie.put(text, token),
            "added token " + token.content() + " is the same text as another");
      }
    }
    return trie;
  }

  List<AddedToken> tokens() {
    return tokens;
  }

  /** How many ids stand for added tokens alone. */
  int own() {
    return own;
  }

  /** The text between added tokens, normalized, and their ids, in order. */
  void cut(String text, Consumer<String> rest, IntConsumer ids) {
    cut(text, plain, part -> cut(normalization.apply(part), normalized, rest, ids), ids);
  }

  private static void cut(String text, Trie wanted, Consumer<String> rest, IntConsumer ids) {
    int done = 0;
    int at = wanted.isEmpty() ? text.length() : 0;
    while (at < text.length()) {
      Found found = wanted.at(text, at);
      int start = at;
      at = found == null ? at + 1 : found.end();
      if (found == null || (found.token().singleWord() && isInWord(text, start, at))) {
        continue;
      }
      int from = found.token().lstrip() ? Math.max(done, spaceBefore(text, start)) : start;
      if (from > done) {
        rest.accept(text.substring(done, from));
      }
      ids.accept(found.token().id());
      // The search goes on behind the token alone: another one may stand in the space it takes.
      done = found.token().rstrip() ? spaceBehind(text, at) : at;
    }
    if (done < text.length()) {
      rest.accept(text.substring(done));
    }
  }

  private static boolean isInWord(String text, int start, int end) {
    return (start > 0 && isWord(text.codePointBefore(start)))
        || (end < text.length() && isWord(text.codePointAt(end)));
  }

  private static boolean isWord(int codePoint) {
    return WORD.matcher(Character.toString(codePoint)).matches();
  }

  private static int spaceBefore(String text, int end) {
    int start = end;
    while (start > 0 && PreTokens.isWhiteSpace(text.charAt(start - 1))) {
      start--;
    }
    return start;
  }

  private static int spaceBehind(String text, int start) {
    int end = start;
    while (end < text.length() && PreTokens.isWhiteSpace(text.charAt(end))) {
      end++;
    }
    return end;
  }
}
