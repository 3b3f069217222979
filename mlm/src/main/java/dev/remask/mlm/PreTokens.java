package dev.remask.mlm;

/**
 * Cuts text where GPT-2's pattern cuts it, by hand because encoding is the pipeline's bottleneck:
 *
 * <pre>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</pre>
 *
 * <p>{@code \s} is Unicode's White_Space. Which code points are letters and numbers is the running
 * JDK's Unicode version.
 */
final class PreTokens {
  private static final byte SPACE = 0;
  private static final byte LETTER = 1;
  private static final byte NUMBER = 2;
  private static final byte OTHER = 3;

  private static final byte[] ASCII = new byte[128];

  static {
    for (int c = 0; c < ASCII.length; c++) {
      ASCII[c] = classify(c);
    }
  }

  private PreTokens() {}

  /**
   * The end of the pre-token that starts at an index of a well-formed text, more than {@code
   * start}.
   */
  static int end(String text, int start) {
    char first = text.charAt(start);
    if (first == '\'') {
      int end = contraction(text, start + 1);
      if (end > 0) {
        return end;
      }
    }
    int from = first == ' ' && start + 1 < text.length() ? start + 1 : start;
    int type = type(text, from);
    int end = run(text, from, type);
    if (type != SPACE) {
      return end;
    }
    // White space before a word leaves its last character to the word's pre-token.
    return end == text.length() || end == start + 1 ? end : end - 1;
  }

  private static int contraction(String text, int at) {
    if (at == text.length()) {
      return -1;
    }
    char c = text.charAt(at);
    if (c == 's' || c == 't' || c == 'm' || c == 'd') {
      return at + 1;
    }
    boolean two =
        text.startsWith("re", at) || text.startsWith("ve", at) || text.startsWith("ll", at);
    return two ? at + 2 : -1;
  }

  private static int run(String text, int start, int type) {
    int at = start;
    while (at < text.length() && type(text, at) == type) {
      at += Character.isHighSurrogate(text.charAt(at)) ? 2 : 1;
    }
    return at;
  }

  private static int type(String text, int at) {
    char c = text.charAt(at);
    return c < 128 ? ASCII[c] : classify(text.codePointAt(at));
  }

  static byte classify(int codePoint) {
    if (isWhiteSpace(codePoint)) {
      return SPACE;
    }
    if (Character.isLetter(codePoint)) {
      return LETTER;
    }
    return switch (Character.getType(codePoint)) {
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          NUMBER;
      default -> OTHER;
    };
  }

  /** Unicode's White_Space; unlike {@link Character#isWhitespace} with the no-break spaces. */
  static boolean isWhiteSpace(int c) {
    return c == ' '
        || (c >= 0x09 && c <= 0x0D)
        || c == 0x85
        || c == 0xA0
        || c == 0x1680
        || (c >= 0x2000 && c <= 0x200A)
        || c == 0x2028
        || c == 0x2029
        || c == 0x202F
        || c == 0x205F
        || c == 0x3000;
  }

  /** The text with U+FFFD for every surrogate that has no partner. */
  static String wellFormed(String text) {
    int lone = loneSurrogate(text, 0);
    if (lone < 0) {
      return text;
    }
    StringBuilder out = new StringBuilder(text);
    for (; lone >= 0; lone = loneSurrogate(text, lone + 1)) {
      out.setCharAt(lone, '\uFFFD');
    }
    return out.toString();
  }

  private static int loneSurrogate(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          return i;
        }
        i++;
      }
    }
    return -1;
  }
}
