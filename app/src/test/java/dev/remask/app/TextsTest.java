package dev.remask.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.luben.zstd.Zstd;
import dev.remask.app.Corpus.Source;
import dev.remask.app.Reading.Form;
import dev.remask.topology.BadDocument;
import dev.remask.topology.BadDocument.Reason;
import dev.remask.topology.JsonField;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.SequenceInputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every form that text may come in: what its documents, ids and refusals are. */
class TextsTest {
  private static final int CHARS_MAX = 1_000;

  @TempDir private Path folder;

  private static Reading reading(@Nullable Form form, @Nullable String id, @Nullable String label) {
    return new Reading(
        form,
        id == null ? null : JsonField.of("--id-field", id),
        JsonField.of("--text-field", "text"),
        label == null ? null : JsonField.of("--source-field", label),
        "file");
  }

  private Path write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private List<Source> read(Reading reading, String... paths) throws InterruptedException {
    try (Sources sources = Texts.files(List.of(paths), reading).open(CHARS_MAX, () -> false)) {
      return all(sources);
    }
  }

  private static List<Source> all(Sources sources) throws InterruptedException {
    List<Source> all = new ArrayList<>();
    double share = 0;
    for (Source source = sources.next(); source != null; source = sources.next()) {
      all.add(source);
      assertThat(sources.share() < share).as("share falls").isFalse();
      share = sources.share();
    }
    assertThat(all.isEmpty() || Double.isNaN(share) || share == 1).isTrue();
    return all;
  }

  private static String said(Source source) {
    try {
      return Ingest.text(source, CHARS_MAX);
    } catch (BadDocument e) {
      return e.reason().code();
    }
  }

  private static Map<String, String> told(List<Source> sources) {
    Map<String, String> told = new LinkedHashMap<>();
    sources.forEach(source -> told.put(source.id(), said(source)));
    return told;
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  @Test
  void aFolderIsItsFilesInTheOrderOfTheirNames() throws Exception {
    write("b.txt", "second");
    write("a/y.txt", "first");
    write(".git/config", "hidden");
    write("a/.swp", "hidden");
    Files.createSymbolicLink(folder.resolve("a/loop"), folder);
    assertThat(told(read(Reading.plain("file"), folder.toString())))
        .containsExactly(Map.entry(path("a/y.txt"), "first"), Map.entry(path("b.txt"), "second"));
  }

  @ParameterizedTest
  @CsvSource({
    "'**/*.txt', 'a.txt d/b.txt d/e/c.txt'",
    "'d/*', 'd/b.txt d/x.md'",
    "'d/**', 'd/b.txt d/e/c.txt d/x.md'",
    "'*.{txt,md}', 'a.txt'",
    "'d/?.txt', 'd/b.txt'",
    "'[a-c].txt', 'a.txt'",
    "'none*', ''"
  })
  void aPatternMeansWhatItMeansInAShell(String pattern, String files) throws Exception {
    for (String name : List.of("a.txt", "d/b.txt", "d/e/c.txt", "d/x.md")) {
      write(name, name);
    }
    List<String> expected =
        Arrays.stream(files.split(" ")).filter(f -> !f.isEmpty()).map(this::path).toList();
    assertThat(read(Reading.plain("file"), folder + "/" + pattern))
        .extracting(Source::id)
        .containsExactlyElementsOf(expected);
  }

  @Test
  void whatIsNotThereIsRefused() throws Exception {
    for (String wrong : List.of("nowhere", "a\0b", "a[")) {
      assertThatThrownBy(() -> Texts.files(List.of(folder + "/" + wrong), Reading.plain("file")))
          .isInstanceOf(ConfigException.class);
    }
    Texts none = Texts.files(List.of(path("*.txt")), Reading.plain("file"));
    assertThatThrownBy(none::requireSome).hasMessageContaining("holds no file");
  }

  @Test
  void jsonLinesAreDocumentsAndWhatIsNoneIsRefusedWithItsPlace() throws Exception {
    String lines =
        """
        \uFEFF{"id": "one", "text": "first", "lang": "en"}

        {"id": 2, "text": "second"}
        {"id": "three"}
        {"text": "no id"}
        not json
        {"id": "six", "text": "half a \\ud800 pair"}
        {"id": "seven", "text": "  "}
        {"id": "eight", "text": "%s"}
        {"id": "nine", "text": "%s"}
        {"id": "ten", "text": "last"}"""
            .formatted("x".repeat(CHARS_MAX + 1), "x".repeat(2 << 20));
    write("a.jsonl", lines);
    List<Source> sources = read(reading(null, "id", "lang"), path("a.jsonl"));
    assertThat(told(sources))
        .containsExactly(
            Map.entry("one", "first"),
            Map.entry("2", "second"),
            Map.entry(path("a.jsonl:4"), "unreadable"),
            Map.entry(path("a.jsonl:5"), "bad-id"),
            Map.entry(path("a.jsonl:6"), "unreadable"),
            Map.entry(path("a.jsonl:7"), "unreadable"),
            Map.entry("seven", "empty"),
            Map.entry("eight", "too-long"),
            Map.entry(path("a.jsonl:10"), "too-long"),
            Map.entry("ten", "last"));
    assertThat(sources.get(0).label()).isEqualTo("en");
    assertThat(sources.get(1).label()).isEqualTo("file");
    assertThat(sources.get(4).place()).isEqualTo(new Corpus.Place(path("a.jsonl"), 6));
    assertThat(sources.get(4).content().head()).asString().isEqualTo("not json");
  }

  @Test
  void linesThatAreAppendedChangeNoIdOfThoseBefore() throws Exception {
    write("a.ndjson", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n");
    Map<String, String> before = told(read(reading(null, null, null), path("a.ndjson")));
    write("a.ndjson", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n{\"text\":\"a\"}\n");
    Map<String, String> after = told(read(reading(null, null, null), path("a.ndjson")));
    assertThat(before)
        .containsExactly(Map.entry(path("a.ndjson:1"), "a"), Map.entry(path("a.ndjson:2"), "b"));
    assertThat(after).containsAllEntriesOf(before).hasSize(3);
  }

  @Test
  void allOfItMayBeCompressed() throws Exception {
    byte[] text = "plain".getBytes(UTF_8);
    byte[] lines = "{\"text\":\"a\"}\n{\"text\":\"b\"}\n".getBytes(UTF_8);
    Files.write(folder.resolve("a.txt.gz"), gzip(text));
    Files.write(folder.resolve("b.txt.zst"), Zstd.compress(text));
    Files.write(folder.resolve("c.jsonl.gz"), gzip(lines));
    Files.write(folder.resolve("d.jsonl.zst"), Zstd.compress(lines));
    Files.write(folder.resolve("e"), gzip(text));
    ByteArrayOutputStream twice = new ByteArrayOutputStream();
    twice.writeBytes(gzip(lines));
    twice.writeBytes(gzip(lines));
    Files.write(folder.resolve("f.jsonl.gz"), twice.toByteArray());
    assertThat(told(read(reading(null, null, null), folder.toString())).values())
        .containsExactly("plain", "plain", "a", "b", "a", "b", "plain", "a", "b", "a", "b");
  }

  /** What comes before the break is there, and the flow goes on behind it. */
  @Test
  void aBrokenArchiveIsRefusedWhereItBreaks() throws Exception {
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 50_000; i++) {
      many.append("{\"text\":\"").append(Integer.toString(i * 7919, 36)).append("\"}\n");
    }
    byte[] whole = gzip(many.toString().getBytes(UTF_8));
    Files.write(folder.resolve("a.jsonl.gz"), Arrays.copyOf(whole, whole.length / 2));
    byte[] small = gzip("small".getBytes(UTF_8));
    Files.write(folder.resolve("b.txt.gz"), Arrays.copyOf(small, small.length - 9));
    Files.write(folder.resolve("c.txt.gz"), Arrays.copyOf(whole, 5));
    Files.write(folder.resolve("d.jsonl.gz"), Arrays.copyOf(whole, 5));
    write("e.txt", "behind");
    List<Source> sources = read(reading(null, null, null), folder.toString());
    int lines = sources.size() - 5;
    assertThat(lines).isBetween(10_000, 40_000);
    assertThat(sources.subList(0, lines)).allMatch(s -> !said(s).equals("unreadable"));
    assertThat(sources.get(lines).place().line()).isBetween(lines - 1L, lines + 1L);
    assertThat(sources.subList(lines, lines + 4)).allMatch(s -> said(s).equals("unreadable"));
    assertThat(said(sources.get(lines + 4))).isEqualTo("behind");
  }

  /** A bomb of 4 GB in 4 MB would not fit into this JVM. */
  @Test
  void whatIsTooLongIsNotReadToItsEnd() throws Exception {
    byte[] zeros = gzip(new byte[1 << 20]);
    try (OutputStream out = Files.newOutputStream(folder.resolve("bomb.txt.gz"))) {
      for (int i = 0; i < 4_096; i++) {
        out.write(zeros);
      }
    }
    byte[] letters = new byte[100_000_000];
    Arrays.fill(letters, (byte) 'x');
    Files.write(folder.resolve("large.txt"), letters);
    Files.write(folder.resolve("large.jsonl.zst"), Zstd.compress(letters));
    List<Source> sources = read(reading(null, null, null), folder.toString());
    assertThat(told(sources).values()).containsExactly("too-long", "too-long", "too-long");
    for (Source source : sources) {
      assertThat(source.content().head().length).isLessThan(2 << 20);
    }
  }

  /** Of some, the message is nothing, or the path. */
  @Test
  void whyItCannotBeReadIsSaid() {
    assertThat(Reading.unreadable("cannot", new EOFException())).hasMessage("cannot: EOFException");
    assertThat(Reading.unreadable("cannot", new AccessDeniedException("a.txt")))
        .hasMessage("cannot: AccessDeniedException");
    assertThat(Reading.unreadable("cannot", new IOException("odd"))).hasMessage("cannot: odd");
  }

  @Test
  void formsMayBeGiven() throws Exception {
    write("a.txt", "one\n\n \ntwo\n");
    assertThat(told(read(reading(Form.LINES, null, null), path("a.txt"))))
        .containsExactly(Map.entry(path("a.txt:1"), "one"), Map.entry(path("a.txt:4"), "two"));
    write("b.jsonl", "{\"text\": \"as it is\"}");
    assertThat(told(read(reading(Form.TEXT, null, null), path("b.jsonl"))))
        .containsExactly(Map.entry(path("b.jsonl"), "{\"text\": \"as it is\"}"));
  }

  private static Map<String, String> input(Reading reading, InputStream in)
      throws InterruptedException {
    try (Sources sources = new StandardInput(in, reading, CHARS_MAX, () -> false)) {
      return told(all(sources));
    }
  }

  @Test
  void standardInputIsLinesWhoseIdsAreMadeOfTheirContent() throws Exception {
    byte[] lines = "one\ntwo\n\none\nthree".getBytes(UTF_8);
    Map<String, String> told = input(reading(null, null, null), new ByteArrayInputStream(lines));
    assertThat(told.values()).containsExactly("one", "two", "three");
    assertThat(told.keySet()).allMatch(id -> id.matches("stdin-[0-9a-f]{32}"));
    assertThat(input(reading(null, null, null), new ByteArrayInputStream(gzip(lines))))
        .isEqualTo(told);
    byte[] later = "zero\ntwo".getBytes(UTF_8);
    assertThat(input(reading(null, null, null), new ByteArrayInputStream(later)).entrySet())
        .anyMatch(told.entrySet()::contains);
    assertThat(input(reading(Form.TEXT, null, null), new ByteArrayInputStream(lines)).values())
        .containsExactly("one\ntwo\n\none\nthree");
    byte[] json = "{\"id\":\"a\",\"text\":\"b\"}".getBytes(UTF_8);
    assertThat(input(reading(Form.JSONL, "id", null), new ByteArrayInputStream(json)))
        .containsExactly(Map.entry("a", "b"));
  }

  /** As a pipe gives them: between two members it has nothing for a while. */
  @Test
  void allMembersOfAnArchiveAreReadHoweverTheyCome() throws Exception {
    List<InputStream> members = new ArrayList<>();
    for (String line : List.of("one\n", "two\n", "three\n")) {
      members.add(new ByteArrayInputStream(gzip(line.getBytes(UTF_8))));
    }
    InputStream in =
        new SequenceInputStream(Collections.enumeration(members)) {
          @Override
          public int available() {
            return 0;
          }
        };
    assertThat(input(reading(null, null, null), in).values())
        .containsExactly("one", "two", "three");
  }

  /** Nobody writes any more, and nobody closes it. */
  @Test
  void aWaitForInputEndsWhenItShould() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    try (PipedOutputStream out = new PipedOutputStream();
        InputStream in = new PipedInputStream(out);
        Sources sources = new StandardInput(in, reading(null, null, null), CHARS_MAX, stop::get)) {
      out.write("first\nhalf".getBytes(UTF_8));
      out.flush();
      Source first = sources.next();
      assertThat(first == null ? "" : said(first)).isEqualTo("first");
      stop.set(true);
      long start = System.nanoTime();
      sources.next();
      assertThat(System.nanoTime() - start).isLessThan(5_000_000_000L);
    }
  }

  @Test
  void nulsAreTextAndLatin1IsNot() throws Exception {
    write("a.txt", "a\0b");
    Files.write(folder.resolve("b.txt"), new byte[] {'c', (byte) 0xE9});
    assertThat(told(read(Reading.plain("file"), folder.toString())).values())
        .containsExactly("a\0b", "unreadable");
    BadDocument bad =
        catchThrowableOfType(
            BadDocument.class, () -> Content.checked(new byte[] {(byte) 0xE9}, CHARS_MAX));
    assertThat(bad.reason()).isEqualTo(Reason.UNREADABLE);
  }
}
