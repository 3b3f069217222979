package dev.remask.bench;

import dev.remask.mlm.Tokenizer;
import dev.remask.mlm.Vocabulary;
import java.util.Arrays;
import java.util.List;

/**
 * MB (10⁶ bytes of UTF-8) a second on one thread, with a vocabulary learned from the same English.
 * {@code tokenize} passes over the text again and again, so both sides know its frequent words;
 * {@code tokenize-first} gives each pass to a tokenizer that has seen nothing.
 */
final class TokenizeBenchmark implements Benchmark {
  private static final String UNIT = "MB/s per thread";

  @Override
  public List<Row> run(Setup setup) throws Exception {
    EnglishText text = EnglishText.read(setup.corpora());
    Vocabulary vocabulary = Vocabulary.learn(text.documents(), VocabularyBenchmark.SIZE);
    Measure again = new Measure("tokenize", UNIT, setup.runs());
    Measure first = new Measure("tokenize-first", UNIT, setup.runs());
    Tokenizer tokenizer = new Tokenizer(vocabulary);
    Measure.Run ours = () -> Timing.rate(text.megabytes(), () -> pass(tokenizer, text));
    Measure.Run oursFirst =
        () -> Timing.rate(text.megabytes(), () -> pass(new Tokenizer(vocabulary), text));
    String absent = HuggingFace.absent();
    if (!absent.isEmpty()) {
      setup.notes().accept("tokenize: without its peer: " + absent);
      return List.of(again.alone(ours), first.alone(oursFirst));
    }
    try (HuggingFace peer = new HuggingFace(vocabulary)) {
      requireEqual(tokenizer, peer, text);
      Measure.Run theirs = () -> Timing.rate(text.megabytes(), () -> pass(peer, text));
      return List.of(
          again.against(HuggingFace.NAME, ours, theirs),
          first.against(HuggingFace.NAME, oursFirst, () -> first(vocabulary, text)));
    }
  }

  /** Making the peer reads its file, which is no part of the measure. */
  private static double first(Vocabulary vocabulary, EnglishText text) throws Exception {
    try (HuggingFace fresh = new HuggingFace(vocabulary)) {
      return text.megabytes() / Timing.seconds(() -> pass(fresh, text));
    }
  }

  private static void requireEqual(Tokenizer tokenizer, HuggingFace peer, EnglishText text) {
    for (String document : text.documents()) {
      long[] ids = Arrays.stream(tokenizer.encode(document)).asLongStream().toArray();
      if (!Arrays.equals(ids, peer.encode(document))) {
        throw new IllegalStateException("the peer has other ids for: " + document);
      }
    }
  }

  private static long pass(Tokenizer tokenizer, EnglishText text) {
    return text.documents().stream().mapToLong(d -> tokenizer.encode(d).length).sum();
  }

  private static long pass(HuggingFace tokenizer, EnglishText text) {
    return text.documents().stream().mapToLong(d -> tokenizer.encode(d).length).sum();
  }
}
