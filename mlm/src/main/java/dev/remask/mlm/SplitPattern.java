package dev.remask.mlm;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * Oniguruma's regular expressions, in which tokenizer.json says where text is cut, as Java's: what
 * both understand alike, and nothing else.
 *
 * <p>Understood are literals, {@code .}, classes with ranges, {@code \s \S \d \D}, {@code \p} and
 * {@code \P} of a general category, alternatives, groups, lookahead, {@code (?i: )} around ASCII
 * characters and their alternatives, and {@code ? * + {n,m}} behind a single character or class,
 * the first three possessive too. Behind a group only {@code ?} is: a repeated group is what makes
 * Java's matcher recurse. So a match of any length takes a stack of constant depth.
 *
 * <p>It does not take constant time for a character: as in Oniguruma, a pattern may be such that
 * the matcher tries very many ways, as {@code a?a?a?aaa} does. Whose text is to be cut should know
 * where his patterns are from.
 */
final class SplitPattern {
  private static final Set<String> CATEGORIES =
      Set.of(
          ("L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp"
                  + " Cc Cf")
              .split(" "));

  /** What Unicode folds some one character to: Oniguruma would find that as well. */
  private static final Set<String> LIGATURES = Set.of("ss", "ff", "fi", "fl", "st");

  private static final int MAX_LENGTH = 2048; // each part takes some of the stack
  private static final int MAX_QUOTED = 200;
  private static final int MAX_DEPTH = 16;
  private static final int MAX_REPEATS = 1000;

  private final String source;
  private final StringBuilder java = new StringBuilder();
  private int at;
  private int depth;
  private boolean anyCase;
  private int lastFolded;

  private SplitPattern(String source) {
    this.source = source;
  }

  /**
   * @throws IllegalArgumentException naming the part that is not understood
   */
  static Pattern compile(String oniguruma) {
    SplitPattern pattern = new SplitPattern(oniguruma);
    if (oniguruma.length() > MAX_LENGTH) {
      throw pattern.unfit("has more than " + MAX_LENGTH + " characters");
    }
    int shortest = pattern.alternatives();
    if (pattern.at < oniguruma.length()) {
      throw pattern.unknown(")", pattern.at);
    }
    if (shortest == 0) {
      throw pattern.unfit("matches the empty text");
    }
    return Pattern.compile(pattern.java.toString());
  }

  // Each of the following reads a part and says how many characters it matches at least.

  private int alternatives() {
    int shortest = sequence();
    while (skip('|')) {
      java.append('|');
      shortest = Math.min(shortest, sequence());
    }
    return shortest;
  }

  private int sequence() {
    int length = 0;
    lastFolded = 0;
    while (at < source.length() && peek() != '|' && peek() != ')') {
      length += peek() == '(' ? group() : quantified(atom());
    }
    return length;
  }

  private int group() {
    int start = at;
    if (anyCase) {
      throw unknown(
          "a group in (?i:", start); // of which Oniguruma joins some with their neighbours
    }
    if (++depth > MAX_DEPTH) {
      throw unknown("a group nested deeper than " + MAX_DEPTH, start);
    }
    boolean looks = source.startsWith("(?=", at) || source.startsWith("(?!", at);
    anyCase = source.startsWith("(?i:", at);
    if (looks) {
      java.append(source, at, at + 3);
    } else {
      java.append("(?:"); // which captures nothing: nobody asks for what it did
    }
    at += opening(start);
    int shortest = alternatives();
    if (!skip(')')) {
      throw unknown("a group without its end", start);
    }
    java.append(')');
    anyCase = false;
    depth--;
    if (!looks && skip('?')) {
      java.append('?');
      shortest = 0;
    }
    requireNoQuantifier();
    return looks ? 0 : shortest;
  }

  private int opening(int start) {
    for (String opening : new String[] {"(?:", "(?i:", "(?=", "(?!"}) {
      if (source.startsWith(opening, start)) {
        return opening.length();
      }
    }
    if (source.startsWith("(?", start) || source.startsWith("(*", start)) {
      throw unknown(source.substring(start, Math.min(start + 4, source.length())), start);
    }
    return 1;
  }

  private int atom() {
    int start = at;
    int c = next();
    switch (c) {
      case '[' -> javaClass(start);
      case '.' -> java.append("[^\\x{A}]");
      case '\\' -> {
        int literal = escape(start);
        if (literal >= 0) {
          literal(literal, start);
        }
      }
      case '^', '$', '*', '+', '?', '{' -> throw unknown(Character.toString(c), start);
      default -> literal(c, start);
    }
    return 1;
  }

  private int quantified(int shortest) {
    int start = at;
    if (at == source.length() || "?*+{".indexOf(peek()) < 0) {
      return shortest;
    }
    int c = next();
    if (c == '{') {
      shortest = interval(start);
    } else {
      java.appendCodePoint(c);
      shortest = c == '+' ? shortest : 0;
      if (skip('+')) {
        java.append('+');
      }
    }
    requireNoQuantifier();
    return shortest;
  }

  private int interval(int start) {
    int least = repeats(start);
    boolean range = skip(',');
    boolean open = range && at < source.length() && peek() == '}';
    int most = !range ? least : open ? MAX_REPEATS : repeats(start);
    if (!skip('}') || least > most) {
      throw unknown("an interval", start);
    }
    java.append(source, start, at);
    return least;
  }

  private int repeats(int start) {
    int digits = at;
    while (at < source.length() && peek() >= '0' && peek() <= '9') {
      at++;
    }
    int length = at - digits;
    int repeats =
        length < 1 || length > 4 ? MAX_REPEATS + 1 : Integer.parseInt(source, digits, at, 10);
    if (repeats > MAX_REPEATS) {
      throw unknown("an interval", start);
    }
    return repeats;
  }

  /** Lazy ones, a second one, and any but one question mark behind a group. */
  private void requireNoQuantifier() {
    if (at < source.length() && "?*+{".indexOf(peek()) >= 0) {
      throw unknown("the quantifier " + Character.toString(peek()), at);
    }
  }

  private void literal(int c, int start) {
    if (!anyCase) {
      append(c);
      return;
    }
    int lower = Character.toLowerCase(c);
    if (c >= 128 || LIGATURES.contains(Character.toString(lastFolded) + (char) lower)) {
      throw unknown("(?i: with " + Character.toString(c), start);
    }
    lastFolded = lower;
    if (lower < 'a' || lower > 'z') {
      append(c);
      return;
    }
    java.append('[');
    append(lower);
    append(Character.toUpperCase(lower));
    if (lower == 's') {
      append(0x17F); // the long s
    } else if (lower == 'k') {
      append(0x212A); // the sign for kelvin
    }
    java.append(']');
  }

  private void append(int c) {
    java.append("\\x{").append(Integer.toHexString(c)).append('}');
  }

  private void javaClass(int start) {
    if (anyCase) {
      throw unknown("(?i: with a class", start);
    }
    java.append(skip('^') ? "[^" : "[");
    classItems(start, 0);
    java.append(']');
  }

  /** Up to the bracket that ends them. A class in a class adds what it has. */
  private void classItems(int start, int nested) {
    for (boolean first = true; ; first = false) {
      if (at == source.length() || (first && peek() == ']')) {
        throw unknown("a class without its end", start);
      }
      int here = at;
      int c = next();
      if (c == ']') {
        return;
      } else if (c == '[') {
        boolean odd = at < source.length() && (peek() == '^' || peek() == ':');
        if (odd || nested == MAX_DEPTH) {
          throw unknown("a class in a class", here);
        }
        classItems(here, nested + 1);
      } else {
        classItem(c, here, first);
      }
    }
  }

  private void classItem(int c, int here, boolean first) {
    boolean last = at < source.length() && peek() == ']';
    if ((c == '-' && !first && !last) || (c == '&' && at < source.length() && peek() == '&')) {
      throw unknown(Character.toString(c) + " in a class", here);
    }
    int from = c == '\\' ? escape(here) : c;
    if (from < 0) {
      return;
    }
    append(from);
    if (source.startsWith("-", at) && !source.startsWith("-]", at)) {
      at++;
      int end = at;
      int to = at == source.length() ? -1 : next();
      to = to == '\\' ? escape(end) : to;
      if (to < from || source.charAt(end) == '[') {
        throw unknown("a range", here);
      }
      java.append('-');
      append(to);
    }
  }

  /** What is behind a backslash: a character, or -1 for a class, which is then appended. */
  private int escape(int start) {
    int c = at < source.length() ? next() : -1;
    String set =
        switch (c) {
          case 's' -> "\\p{IsWhite_Space}";
          case 'S' -> "\\P{IsWhite_Space}";
          case 'd' -> "\\p{Nd}";
          case 'D' -> "\\P{Nd}";
          case 'p' -> category(start, 'p', 'P');
          case 'P' -> category(start, 'P', 'p');
          default -> "";
        };
    if (!set.isEmpty()) {
      if (anyCase) {
        throw unknown("(?i: with a class", start);
      }
      java.append(set);
      return -1;
    }
    return switch (c) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'f' -> '\f';
      case 'v' -> 0x0B;
      default -> {
        if (c < '!' || c > '~' || Character.isLetterOrDigit(c)) {
          throw unknown(source.substring(start, at), start);
        }
        yield c;
      }
    };
  }

  private String category(int start, char same, char other) {
    int end = source.indexOf('}', at);
    if (end > 0 && skip('{')) {
      boolean not = skip('^');
      String name = source.substring(at, end);
      if (CATEGORIES.contains(name)) {
        at = end + 1;
        return "\\" + (not ? other : same) + "{" + name + "}";
      }
    }
    throw unknown(source.substring(start, end < 0 ? source.length() : end + 1), start);
  }

  private int peek() {
    return source.codePointAt(at);
  }

  private int next() {
    int c = peek();
    at += Character.charCount(c);
    return c;
  }

  private boolean skip(char c) {
    boolean here = at < source.length() && source.charAt(at) == c;
    if (here) {
      at++;
    }
    return here;
  }

  private IllegalArgumentException unknown(String part, int where) {
    return unfit("has " + quoted(part) + " at character " + where);
  }

  private IllegalArgumentException unfit(String why) {
    return new IllegalArgumentException("the pattern " + quoted(source) + " " + why);
  }

  /** On one line. */
  private static String quoted(String text) {
    String start = text.length() <= MAX_QUOTED ? text : text.substring(0, MAX_QUOTED) + "...";
    return start.replaceAll("\\p{Cntrl}", " ");
  }
}
