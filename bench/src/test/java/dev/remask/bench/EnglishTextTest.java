package dev.remask.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class EnglishTextTest {
  /** The corpus has ten languages; these words are frequent in one each, and no English words. */
  private static final String FOREIGN =
      " (und|que|della|het|och|että|ikke|για|nicht|dans|para|som|een) ";

  @Test
  void isTwoAndAHalfMegabytesOfEnglish() throws Exception {
    EnglishText text = EnglishText.read(Path.of("target/bench/corpora"));
    assertThat(text.megabytes()).isBetween(2.3, 2.7);
    assertThat(text.documents()).allMatch(document -> !document.isBlank());
    double foreign =
        text.documents().stream()
            .mapToLong(document -> document.split(FOREIGN, -1).length - 1)
            .sum();
    assertThat(foreign / text.documents().size()).isLessThan(0.1);
  }
}
