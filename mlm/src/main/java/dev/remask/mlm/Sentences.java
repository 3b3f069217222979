package dev.remask.mlm;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Cuts text into sentences. */
public final class Sentences {
  private Sentences() {}

  /**
   * The sentences in order, without the white space around them, none empty. A blank line ends a
   * sentence; a single line break is a space, so text may be hard-wrapped. Within a paragraph the
   * JDK's sentence rules decide.
   */
  public static List<String> split(String text) {
    List<String> sentences = new ArrayList<>();
    StringBuilder paragraph = new StringBuilder();
    text.lines()
        .map(String::strip)
        .forEach(
            line -> {
              if (line.isEmpty()) {
                splitParagraph(paragraph, sentences);
              } else {
                paragraph.append(paragraph.isEmpty() ? "" : " ").append(line);
              }
            });
    splitParagraph(paragraph, sentences);
    return sentences;
  }

  private static void splitParagraph(StringBuilder paragraph, List<String> sentences) {
    String text = paragraph.toString();
    paragraph.setLength(0);
    BreakIterator breaks = BreakIterator.getSentenceInstance(Locale.ROOT);
    breaks.setText(text);
    int start = 0;
    for (int end = breaks.next(); end != BreakIterator.DONE; end = breaks.next()) {
      String sentence = text.substring(start, end).strip();
      if (!sentence.isEmpty()) {
        sentences.add(sentence);
      }
      start = end;
    }
  }
}
