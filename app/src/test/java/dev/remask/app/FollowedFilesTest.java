package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.app.Corpus.Source;
import dev.remask.app.FileTree.Root;
import dev.remask.topology.BadDocument;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files as they are written by others, while they are read. */
@Timeout(60)
class FollowedFilesTest {
  @TempDir private Path folder;

  private final BlockingQueue<Source> seen = new LinkedBlockingQueue<>();

  private void append(String name, String text) throws IOException {
    Files.writeString(
        folder.resolve(name), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private Map<String, String> next(int documents) throws InterruptedException {
    Map<String, String> told = new LinkedHashMap<>();
    for (int i = 0; i < documents; i++) {
      Source source = seen.poll(20, TimeUnit.SECONDS);
      assertThat(source).as("document %s of %s after %s", i, documents, told).isNotNull();
      told.put(folder.relativize(Path.of(source.id())).toString(), said(source));
    }
    return told;
  }

  private static String said(Source source) {
    try {
      return Ingest.text(source, 1_000);
    } catch (BadDocument e) {
      return e.reason().code();
    }
  }

  @Test
  void whatComesIsReadOnceItIsThereAsAWhole() throws Exception {
    append("a.txt", "old");
    append("b.jsonl", "{\"text\":\"1\"}\n{\"text\":\"2\"}\n{\"te");
    Texts texts = Texts.files(List.of(folder.toString()), Reading.plain("file"));
    try (Background<Boolean> following =
        new Background<>("test-follow", ended -> follow(texts.follow(1_000, ended)))) {
      following.start();
      assertThat(next(3))
          .containsOnly(
              Map.entry("a.txt", "old"), Map.entry("b.jsonl:1", "1"), Map.entry("b.jsonl:2", "2"));

      append("b.jsonl", "xt\":\"3\"}\n");
      append("c.jsonl", "{\"text\":\"new\"}\n");
      assertThat(next(2)).containsOnly(Map.entry("b.jsonl:3", "3"), Map.entry("c.jsonl:1", "new"));

      // Dated in the future, and still written to.
      for (int i = 0; i < 6; i++) {
        append("d.txt", "half ");
        Files.setLastModifiedTime(
            folder.resolve("d.txt"), FileTime.from(Instant.now().plusSeconds(3_600 + i)));
        Thread.sleep(400);
      }
      assertThat(next(1)).containsOnly(Map.entry("d.txt", "half ".repeat(6)));

      Files.writeString(folder.resolve("b.jsonl"), "{\"text\":\"again\"}\n");
      Files.delete(folder.resolve("a.txt"));
      assertThat(next(1)).containsOnly(Map.entry("b.jsonl:1", "again"));
    }
    assertThat(seen).isEmpty();
  }

  /** Each is as long as the one before, or longer. */
  @Test
  void aFileThatIsAnotherNowIsReadFromItsBeginning() throws Exception {
    append("a.jsonl", line("one") + line("two"));
    append("b.jsonl", line("one"));
    Texts texts = Texts.files(List.of(folder.toString()), Reading.plain("file"));
    try (Background<Boolean> following =
        new Background<>("test-follow", ended -> follow(texts.follow(1_000, ended)))) {
      following.start();
      assertThat(next(3)).containsValues("one", "two");
      Path other = Files.writeString(folder.resolve(".other"), line("six") + line("ten"));
      Files.move(other, folder.resolve("a.jsonl"), StandardCopyOption.REPLACE_EXISTING);
      Files.writeString(folder.resolve("b.jsonl"), line("new") + line("more"));
      assertThat(next(4))
          .containsOnly(
              Map.entry("a.jsonl:1", "six"),
              Map.entry("a.jsonl:2", "ten"),
              Map.entry("b.jsonl:1", "new"),
              Map.entry("b.jsonl:2", "more"));
    }
    assertThat(seen).isEmpty();
  }

  @Test
  void whatCannotBeReadIsToldOnceAndTheRestGoesOn() throws Exception {
    Files.write(folder.resolve("a.jsonl"), new byte[] {0x1F, (byte) 0x8B, 9, 9, 9});
    append("b.jsonl", line("one"));
    Texts texts = Texts.files(List.of(folder.toString()), Reading.plain("file"));
    try (Background<Boolean> following =
        new Background<>("test-follow", ended -> follow(texts.follow(1_000, ended)))) {
      following.start();
      assertThat(next(2).keySet()).containsOnly("a.jsonl", "b.jsonl:1");
      append("b.jsonl", line("two"));
      assertThat(next(1)).containsOnly(Map.entry("b.jsonl:2", "two"));
      Thread.sleep(2_500);
    }
    assertThat(seen).isEmpty();
  }

  /** By a folder that cannot be listed at times; whoever tests as root can list any. */
  @Test
  void aFolderThatCannotBeReadIsToldOnceAndReadLater() throws Exception {
    Path locked = Files.createDirectory(folder.resolve("locked"));
    append("locked/a.jsonl", line("one"));
    append("b.jsonl", line("first"));
    AtomicBoolean isLocked = new AtomicBoolean();
    AtomicInteger refused = new AtomicInteger();
    FileTree.Folders folders =
        listed -> {
          if (isLocked.get() && listed.equals(locked)) {
            refused.incrementAndGet();
            throw new AccessDeniedException(listed.toString());
          }
          return FileTree.names(listed);
        };
    List<Root> roots = List.of(Root.of(folder.toString()));
    try (Background<Boolean> following =
        new Background<>(
            "test-follow",
            ended ->
                follow(
                    new FollowedFiles(
                        roots, folders, Reading.plain("file"), 1_000, Clock.systemUTC(), ended)))) {
      following.start();
      assertThat(next(2)).containsValues("one", "first");
      for (int again = 1; again <= 2; again++) {
        isLocked.set(true);
        assertThat(next(1)).containsOnly(Map.entry("locked", "unreadable"));
        int before = refused.get();
        Await.until("rounds", Duration.ofSeconds(20), () -> refused.get() > before + 1);
        append("b.jsonl", line("more"));
        assertThat(next(1)).containsOnly(Map.entry("b.jsonl:" + (again + 1), "more"));
        append("locked/a.jsonl", line("late"));
        isLocked.set(false);
        assertThat(next(1)).containsOnly(Map.entry("locked/a.jsonl:" + (again + 1), "late"));
      }
    }
    assertThat(seen).as("what had been read is not read again").isEmpty();
  }

  private static String line(String text) {
    return "{\"text\":\"" + text + "\"}\n";
  }

  private boolean follow(Sources sources) throws InterruptedException {
    try (sources) {
      for (Source source = sources.next(); source != null; source = sources.next()) {
        seen.add(source);
      }
    }
    return true;
  }
}
