package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.app.Lines.Line;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LinesTest {
  private static List<Line> lines(InputStream in, int bytesMax) throws IOException {
    List<Line> all = new ArrayList<>();
    try (Lines lines = new Lines(in, bytesMax, 0)) {
      for (Line line = lines.next(); line != null; line = lines.next()) {
        all.add(line);
      }
    }
    return all;
  }

  private static InputStream of(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  @Property
  void linesAreThoseOfTheJdkCutAtTheLimit(
      @ForAll @CharRange(from = 'a', to = 'c') @CharRange(from = '\n', to = '\n') String text,
      @ForAll @IntRange(min = 1, max = 6) int bytesMax)
      throws IOException {
    List<String> expected = text.lines().toList();
    List<Line> lines = lines(of(text), bytesMax);
    assertThat(lines).hasSameSizeAs(expected);
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      String whole = expected.get(i);
      assertThat(line.number()).isEqualTo(i + 1L);
      assertThat(line.cut()).isEqualTo(whole.length() > bytesMax);
      assertThat(new String(line.bytes(), StandardCharsets.UTF_8))
          .isEqualTo(whole.substring(0, Math.min(bytesMax, whole.length())));
    }
  }

  @Test
  void aCarriageReturnBelongsToTheEnd() throws IOException {
    assertThat(lines(of("a\r\n\r\nb\rc\r\n"), 9))
        .extracting(line -> new String(line.bytes(), StandardCharsets.UTF_8))
        .containsExactly("a", "", "b\rc");
  }

  /** 3 GB in a line: held would be more than this JVM has. */
  @Test
  void aLineWithoutEndIsNotHeld() throws IOException {
    long length = 3L << 30;
    InputStream endless =
        new InputStream() {
          private long left = length;

          @Override
          public int read() {
            throw new UnsupportedOperationException("read in blocks");
          }

          @Override
          public int read(byte[] into, int from, int most) {
            int read = (int) Math.min(left, most);
            left -= read;
            return read == 0 ? -1 : read;
          }
        };
    List<Line> lines = lines(endless, 100);
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0).cut()).isTrue();
    assertThat(lines.get(0).bytes()).hasSize(100);
  }
}
