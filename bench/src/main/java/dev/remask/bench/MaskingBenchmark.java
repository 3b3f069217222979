package dev.remask.bench;

import dev.remask.mlm.Masker;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.mlm.Vocabulary;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Tokens of masked segments a second on one thread, RoBERTa's policy with the exact count; special
 * and unselected tokens count too. {@code masking-reused} writes into the same arrays again and
 * again; the others make new ones, as their peers do.
 */
final class MaskingBenchmark implements Benchmark {
  private static final int SEGMENTS = 1_024;
  private static final int LENGTH = 512;
  private static final int VOCABULARY = 8_192;

  private final int[] inputs = new int[LENGTH];
  private final int[] positions = new int[LENGTH];
  private final int[] labels = new int[LENGTH];

  @Override
  public List<Row> run(Setup setup) throws Exception {
    List<int[]> segments = segments(new Random(1));
    Masker masker = new Masker(1, "bench", MaskingPolicy.ROBERTA, VOCABULARY);
    Measure.Run ours = () -> rate(() -> mask(masker, segments));
    List<Row> rows = new ArrayList<>(againstNumpy(setup, ours));
    BertIteratorPeer peer = new BertIteratorPeer(segments, VOCABULARY);
    rows.add(
        measure("masking-dl4j", setup)
            .against(BertIteratorPeer.NAME, ours, () -> rate(peer::pass)));
    rows.add(
        measure("masking-reused", setup).alone(() -> rate(() -> maskReusing(masker, segments))));
    return rows;
  }

  private static List<Row> againstNumpy(Setup setup, Measure.Run ours) throws Exception {
    double seconds = Timing.LEAST.toNanos() / 1e9;
    try (PythonPeer peer =
        PythonPeer.start(
            "numpy", setup.python("collator.py"), SEGMENTS, LENGTH, VOCABULARY, seconds)) {
      setup.notes().accept("masking: the peer is " + peer.version());
      return List.of(
          measure("masking", setup)
              .against(
                  "Hugging Face's rule, numpy",
                  ours,
                  () -> Double.parseDouble(peer.ask("huggingface"))),
          measure("masking-fairseq", setup)
              .against(
                  "fairseq's rule, numpy", ours, () -> Double.parseDouble(peer.ask("fairseq"))));
    } catch (PythonPeer.Absent e) {
      setup.notes().accept("masking: without its peers in numpy: " + e.getMessage());
      return List.of(measure("masking", setup).alone(ours));
    }
  }

  private static Measure measure(String name, Setup setup) {
    return new Measure(name, "tokens/s per thread", setup.runs());
  }

  private static double rate(Timing.Work pass) throws Exception {
    return Timing.rate((double) SEGMENTS * LENGTH, pass);
  }

  private static List<int[]> segments(Random random) {
    return Stream.generate(() -> random.ints(LENGTH, Vocabulary.UNK + 1, VOCABULARY - 1).toArray())
        .limit(SEGMENTS)
        .peek(
            segment -> {
              segment[0] = Vocabulary.BOS;
              segment[LENGTH - 1] = Vocabulary.EOS;
            })
        .toList();
  }

  private static long mask(Masker masker, List<int[]> segments) {
    long selected = 0;
    for (int i = 0; i < segments.size(); i++) {
      selected += masker.mask(1, 0, i, segments.get(i)).labels().length;
    }
    return selected;
  }

  private long maskReusing(Masker masker, List<int[]> segments) {
    long selected = 0;
    for (int i = 0; i < segments.size(); i++) {
      selected += masker.mask(1, 0, i, segments.get(i), inputs, positions, labels);
    }
    return selected;
  }
}
