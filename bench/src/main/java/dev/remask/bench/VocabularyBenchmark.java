package dev.remask.bench;

import dev.remask.mlm.Vocabulary;
import java.util.List;

/** Seconds to learn a vocabulary from the English text, on one thread. */
final class VocabularyBenchmark implements Benchmark {
  static final int SIZE = 8_192;

  @Override
  public List<Row> run(Setup setup) throws Exception {
    EnglishText text = EnglishText.read(setup.corpora());
    setup
        .notes()
        .accept(
            "vocabulary: %,d tokens from %.2f MB of English".formatted(SIZE, text.megabytes()));
    return List.of(
        new Measure("vocabulary", "s", setup.runs())
            .alone(
                () ->
                    Timing.seconds(() -> Vocabulary.learn(text.documents(), SIZE).mask())));
  }
}
