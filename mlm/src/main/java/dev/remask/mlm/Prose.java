package dev.remask.mlm;

import java.text.BreakIterator;
import java.text.StringCharacterIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@link Sentences#prose}. Of ten characters nine are inside of a sentence, whatever stands around
 * them. The rules' automaton sees the others alone: it begins with the last word before the first
 * character that may end the sentence.
 */
record Prose(Locale language) implements Sentences {
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
    BreakIterator rules = BreakIterator.getSentenceInstance(language);
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
    char[] characters = text.toCharArray();
    paragraph.setLength(0);
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
