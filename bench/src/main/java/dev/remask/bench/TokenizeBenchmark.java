package dev.remask.bench;

import dev.remask.mlm.Tokenizer;
import dev.remask.mlm.Vocabulary;
import java.io.IOException;
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
    Measure.Run ours =
        () -> Timing.rate(text.megabytes(), () -> encode(tokenizer, text.documents()));
    Measure.Run oursFirst =
        () ->
            Timing.rate(
                text.megabytes(), () -> encode(new Tokenizer(vocabulary), text.documents()));
    String absent = HuggingFace.absent();
    if (!absent.isEmpty()) {
      setup.notes().accept("tokenize: without its peer: " + absent);
      return List.of(again.alone(ours), first.alone(oursFirst));
    }
    try (HuggingFace peer = new HuggingFace(vocabulary)) {
      requireEqual(tokenizer, peer, text.documents());
      return List.of(
          again.against(
              HuggingFace.NAME,
              ours,
              () -> Timing.rate(text.megabytes(), () -> encode(peer, text.documents()))),
          first.against(HuggingFace.NAME, oursFirst, () -> first(vocabulary, text)));
    }
  }

  private static double first(Vocabulary vocabulary, EnglishText text) throws IOException, Exception {
    try (HuggingFace fresh = new HuggingFace(vocabulary)) {
      return text.megabytes() / Timing.seconds(() -> encode(fresh, text.documents()));
    }
  }

  private static void requireEqual(Tokenizer tokenizer, HuggingFace peer, List<String> documents) {
    for (String document : documents) {
      long[] ids = Arrays.stream(tokenizer.encode(document)).asLongStream().toArray();
      if (!Arrays.equals(ids, peer.encode(document))) {
        throw new IllegalStateException("the peer has other ids for: " + document);
      }
    }
  }

  private static long encode(Tokenizer tokenizer, List<String> documents) {
    long tokens = 0;
    for (String document : documents) {
      tokens += tokenizer.encode(document).length;
    }
    return tokens;
  }

  private static long encode(HuggingFace tokenizer, List<String> documents) {
    long tokens = 0;
    for (String document : documents) {
      tokens += tokenizer.encode(document).length;
    }
    return tokens;
  }
}
