package dev.remask.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.app.Letter.Origin;
import dev.remask.app.SendBack.Fate;
import dev.remask.app.SendBack.Outcome;
import dev.remask.schemas.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.AbstractObjectAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which files a dead letter may bring to light, and which documents they still hold. */
class RereadTest {
  @TempDir private Path folder;
  private Path root;
  private Path secret;

  @BeforeEach
  void files() throws IOException {
    root = Files.createDirectory(folder.resolve("root"));
    secret = Files.writeString(folder.resolve("secret.txt"), "secret");
  }

  private AbstractObjectAssert<?, Outcome> again(String file, long line, String value) {
    byte[] bytes = value.getBytes(UTF_8);
    Origin origin = new Origin(file, -1, line, file);
    Letter letter =
        new Letter(
            0, 0, "unreadable", "why", "documents", origin, new byte[0], bytes, bytes.length);
    Dataset dataset = new Dataset();
    dataset.put("documentCharsMax", 100_000);
    Settings settings = Settings.of(Map.of(), null, Map.of(), Map.of());
    try (Reread files =
        new Reread(settings, Reading.plain("file"), DeadLettersCommand.roots(List.of(root)))) {
      return assertThat(files.again(letter, dataset, true));
    }
  }

  private void isGone(String file, long line, String value, String why) {
    again(file, line, value)
        .returns(Fate.GONE, Outcome::fate)
        .satisfies(outcome -> assertThat(outcome.why()).contains(why));
  }

  @Test
  void onlyWhatIsBelowTheFoldersThatMayBeReadIsRead() throws IOException {
    Path inside = Files.writeString(root.resolve("a.txt"), "fixed");
    again(inside.toString(), -1, "x").returns(Fate.SENT, Outcome::fate);
    again("pom.xml", -1, "x").returns(Fate.SENT, Outcome::fate);
    Path link = Files.createSymbolicLink(root.resolve("b.txt"), secret);
    for (Object outside : List.of(secret, link, root.resolve("../secret.txt"))) {
      isGone(outside.toString(), -1, "x", "--files");
    }
  }

  @Test
  void anOddNameEndsNothing() {
    isGone("a\0b", -1, "x", "no path");
    isGone(root.toString(), -1, "x", "no file");
    isGone(root.resolve("*.txt").toString(), -1, "x", "no file");
  }

  @Test
  void oneLineStandsForNoOther() throws IOException {
    Path lines = Files.writeString(root.resolve("a.jsonl"), "{\"text\":\"1\"}\n{\"text\":\"2\"}\n");
    again(lines.toString(), 2, "broken").returns(Fate.SENT, Outcome::fate);
    isGone(lines.toString(), 3, "broken", "no such line");
    isGone(lines.toString(), 2, "", "ingest");
    isGone(lines.toString(), -1, "", "ingest");
  }
}
