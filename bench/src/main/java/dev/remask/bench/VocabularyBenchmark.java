package dev.remask.bench;

import dev.remask.mlm.Vocabulary;
import java.util.ArrayList;
import java.util.List;

/**
 * Seconds to learn a vocabulary on one thread: from the English text, and from 10 MB of ten
 * languages, which have eight times as many different words.
 */
final class VocabularyBenchmark implements Benchmark {
  static final int SIZE = 8_192;
  private static final int LARGE = 30_000;
  private static final long MIXED_BYTES = 10_000_000;

  @Override
  public List<Row> run(Setup setup) throws Exception {
    EnglishText english = EnglishText.read(setup.corpora());
    MixedText mixed = MixedText.read(setup.corpora(), MIXED_BYTES);
    setup
        .notes()
        .accept(
            "vocabulary: %.2f MB of English; the rows named mixed: %.2f MB of ten languages"
                .formatted(english.megabytes(), mixed.megabytes()));
    List<Row> rows = new ArrayList<>();
    rows.add(row(setup, "vocabulary", english.documents(), SIZE));
    rows.add(row(setup, "vocabulary-mixed", mixed.documents(), SIZE));
    rows.add(row(setup, "vocabulary-mixed-30k", mixed.documents(), LARGE));
    return rows;
  }

  private static Row row(Setup setup, String name, List<String> documents, int size)
      throws Exception {
    return new Measure(name, "s", setup.runs())
        .alone(() -> Timing.seconds(() -> Vocabulary.learn(documents, size).mask()));
  }
}
