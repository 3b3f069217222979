package dev.remask.bench;

import dev.remask.mlm.Masker;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.mlm.Vocabulary;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Tokens of masked segments a second on one thread, RoBERTa's policy with the exact count; special
 * and unselected tokens count too.
 */
final class MaskingBenchmark implements Benchmark {
  private static final int SEGMENTS = 1_024;
  private static final int LENGTH = 512;
  private static final int VOCABULARY = 8_192;

  @Override
  public List<Row> run(Setup setup) throws Exception {
    List<int[]> segments = segments(new Random(1));
    Masker masker = new Masker(1, "bench", MaskingPolicy.ROBERTA, VOCABULARY);
    Measure measure = new Measure("masking", "tokens/s per thread", setup.runs());
    Measure.Run ours =
        () -> Timing.rate((double) SEGMENTS * LENGTH, () -> mask(masker, segments));
    try (NumpyCollator peer =
        NumpyCollator.start(setup.python("collator.py"), SEGMENTS, LENGTH, VOCABULARY)) {
      setup.notes().accept("masking: the peer is " + peer.version());
      return List.of(measure.against("Hugging Face's rule, numpy", ours, peer::rate));
    } catch (NumpyCollator.Absent e) {
      setup.notes().accept("masking: without its peer: " + e.getMessage());
      return List.of(measure.alone(ours));
    }
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
}
