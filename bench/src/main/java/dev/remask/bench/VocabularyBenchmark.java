package dev.remask.bench;

import dev.remask.mlm.Vocabulary;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Seconds to learn a vocabulary on one thread: from the English text, and from 10 MB of ten
 * languages, which have eight times as many different words.
 */
final class VocabularyBenchmark implements Benchmark {
  static final int SIZE = 8_192;
  private static final String UNIT = "s";
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
    rows.addAll(rows(setup, english.documents(), Map.of("vocabulary", SIZE)));
    Map<String, Integer> sizes = new TreeMap<>();
    sizes.put("vocabulary-mixed", SIZE);
    sizes.put("vocabulary-mixed-30k", LARGE);
    rows.addAll(rows(setup, mixed.documents(), sizes));
    return rows;
  }

  /** Rows by their names, from the same texts. */
  private static List<Row> rows(Setup setup, List<String> documents, Map<String, Integer> sizes)
      throws Exception {
    List<Row> rows = new ArrayList<>();
    try (HuggingFaceTrainer peer =
        HuggingFaceTrainer.start(setup.python("bpe_trainer.py"), documents)) {
      for (Map.Entry<String, Integer> size : sizes.entrySet()) {
        rows.add(against(peer, setup, size.getKey(), documents, size.getValue()));
      }
    } catch (PythonPeer.Absent e) {
      setup.notes().accept("vocabulary: WITHOUT ITS PEER, nor compared to it: " + e.getMessage());
      for (Map.Entry<String, Integer> size : sizes.entrySet()) {
        rows.add(
            new Measure(size.getKey(), UNIT, setup.runs())
                .alone(() -> seconds(documents, size.getValue())));
      }
    }
    return rows;
  }

  private static Row against(
      HuggingFaceTrainer peer, Setup setup, String name, List<String> documents, int size)
      throws Exception {
    Vocabulary learned = Vocabulary.learn(documents, size);
    Row row =
        new Measure(name, UNIT, setup.runs())
            .againstTime(
                HuggingFaceTrainer.NAME,
                () -> seconds(documents, size),
                () -> peer.seconds(size, learned));
    setup
        .notes()
        .accept(
            "%s: %d tokens, equal to those of %s, merge for merge (SHA-256 %s)"
                .formatted(
                    name, learned.size(), peer.version(), HuggingFaceTrainer.digest(learned)));
    return row;
  }

  private static double seconds(List<String> documents, int size) throws Exception {
    return Timing.seconds(() -> Vocabulary.learn(documents, size).mask());
  }
}
