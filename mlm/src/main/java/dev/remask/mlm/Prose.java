package dev.remask.mlm;

import java.text.BreakIterator;
import java.text.StringCharacterIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * {@link Sentences#prose}. Of ten characters nine are inside of a sentence, whatever stands around
 * them. The rules' automaton sees the others alone: it begins with the last word before the first
 * character that may end the sentence.
 */
record Prose(Supplier<BreakIterator> breaks) implements Sentences {
  /**
   * Behind so many UTF-16 characters that are neither letters nor digits a sentence ends. What
   * follows a full stop decides whether it ends one, and brackets, quotes and more full stops put
   * that off: the rules would read all of a long run of them again from each sentence on.
   */
  static final int UNDECIDED_MAX = 256;

  private static final boolean[] INSIDE = new boolean[128];

  static {
    for (char c = ' '; c < 0x7F; c++) {
      INSIDE[c] = c != '.' && c != '!' && c != '?';
    }
  }

  @Override
  public List<String> split(String text) {
    String lines = text.indexOf('\r') < 0 ? text : text.replace("\r\n", "\n").replace('\r', '\n');
    List<String> sentences = new ArrayList<>();
    BreakIterator rules = breaks.get();
    StringBuilder paragraph = new StringBuilder();
    for (int start = 0, end; start < lines.length(); start = end + 1) {
      int lineBreak = lines.indexOf('\n', start);
      end = lineBreak < 0 ? lines.length() : lineBreak;
      if (!appendLine(paragraph, lines, start, end)) {
        splitParagraph(paragraph, rules, sentences);
      }
    }
    splitParagraph(paragraph, rules, sentences);
    return sentences;
  }

  /** Without the white space around it; false if there is nothing else. */
  private static boolean appendLine(StringBuilder paragraph, String text, int start, int end) {
    int from = start;
    int to = end;
    while (from < to && Character.isWhitespace(text.charAt(from))) {
      from++;
    }
    while (from < to && Character.isWhitespace(text.charAt(to - 1))) {
      to--;
    }
    if (from < to) {
      paragraph.append(paragraph.isEmpty() ? "" : " ").append(text, from, to);
    }
    return from < to;
  }

  private static void splitParagraph(
      StringBuilder paragraph, BreakIterator rules, List<String> sentences) {
    String text = paragraph.toString();
    paragraph.setLength(0);
    for (int start = 0, end; start < text.length(); start = end) {
      end = decided(text, start);
      splitPart(text.substring(start, end), rules, sentences);
    }
  }

  /**
   * Where the first such run ends, or the text: one look in so many characters, most often, finds
   * that there is none.
   */
  private static int decided(String text, int start) {
    int from = start; // behind a letter or digit
    while (text.length() - from > UNDECIDED_MAX) {
      int end = from + UNDECIDED_MAX;
      end -= Character.isSurrogatePair(text.charAt(end - 1), text.charAt(end)) ? 1 : 0;
      int at = end;
      while (at > from && !Character.isLetterOrDigit(text.codePointBefore(at))) {
        at -= Character.charCount(text.codePointBefore(at));
      }
      if (at == from) {
        return end;
      }
      from = at;
    }
    return text.length();
  }

  private static void splitPart(String text, BreakIterator rules, List<String> sentences) {
    char[] characters = text.toCharArray();
    for (int start = 0, end; start < text.length(); start = end) {
      int at = inside(characters, start);
      end = at == text.length() ? at : end(text, lastWord(characters, start, at), rules);
      String sentence = text.substring(start, end).strip();
      if (!sentence.isEmpty()) {
        sentences.add(sentence);
      }
    }
  }

  /** Where what is inside of a sentence, whatever stands around it, ends. */
  private static int inside(char[] text, int start) {
    int at = start;
    while (at < text.length
        && (text[at] < INSIDE.length ? INSIDE[text[at]] : Character.isLetter(text[at]))) {
      at++;
    }
    return at;
  }

  private static int lastWord(char[] text, int start, int end) {
    int from = end;
    while (from > start && text[from - 1] == ' ') {
      from--;
    }
    while (from > start && text[from - 1] != ' ') {
      from--;
    }
    return from;
  }

  private static int end(String text, int from, BreakIterator rules) {
    rules.setText(new StringCharacterIterator(text, from, text.length(), from));
    return rules.next();
  }
}
