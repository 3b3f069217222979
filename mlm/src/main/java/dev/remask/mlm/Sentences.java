package dev.remask.mlm;

import java.text.BreakIterator;
import java.util.List;
import java.util.Locale;

/** Cuts text into sentences: what is packed whole if it fits. Thread-safe. */
@FunctionalInterface
public interface Sentences {
  /** The sentences in order, none blank, and no text that is in none of them but white space. */
  List<String> split(String text);

  /**
   * Sentences of prose, without the white space around them. A blank line ends a sentence; a single
   * line break is a space, so text may be hard-wrapped. Within a paragraph the JDK's sentence rules
   * decide; but 256 characters in a row that are neither letters nor digits end a sentence, which
   * bounds the time.
   *
   * @param language whose rules; the JDK's own ones are the same for all of them, another {@link
   *     java.text.spi.BreakIteratorProvider} may have others
   */
  static Sentences prose(Locale language) {
    return new Prose(() -> BreakIterator.getSentenceInstance(language));
  }

  /**
   * Each line is a sentence, without the white space around it, as fairseq takes text. An empty
   * line is nothing: it is no end of a document here.
   */
  static Sentences lines() {
    return text -> text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
  }

  /** The text as it is, white space included; none if there is nothing else. */
  static Sentences none() {
    return text -> text.isBlank() ? List.of() : List.of(text);
  }
}
