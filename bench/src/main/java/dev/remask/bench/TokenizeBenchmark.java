package dev.remask.bench;

import dev.remask.mlm.Tokenizer;
import dev.remask.mlm.Vocabulary;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * MB (10⁶ bytes of UTF-8) a second on one thread, with a vocabulary learned from the same text:
 * English with 8,192 tokens, ten languages with 30,000. {@code tokenize} passes over the text again
 * and again, so both sides know its frequent words; {@code tokenize-first} gives each pass to a
 * tokenizer that has seen nothing.
 */
final class TokenizeBenchmark implements Benchmark {
  private static final String UNIT = "MB/s per thread";
  private static final int MIXED_SIZE = 30_000;
  private static final long MIXED_BYTES = 4_000_000;

  /** What is tokenized, and how much of it there is. */
  private record Text(String name, List<String> documents, double megabytes, int size) {}

  @Override
  public List<Row> run(Setup setup) throws Exception {
    EnglishText english = EnglishText.read(setup.corpora());
    MixedText mixed = MixedText.read(setup.corpora(), MIXED_BYTES);
    List<Row> rows = new ArrayList<>();
    rows.addAll(
        rows(
            setup,
            new Text("", english.documents(), english.megabytes(), VocabularyBenchmark.SIZE)));
    rows.addAll(rows(setup, new Text("-mixed", mixed.documents(), mixed.megabytes(), MIXED_SIZE)));
    return rows;
  }

  private static List<Row> rows(Setup setup, Text text) throws Exception {
    Vocabulary vocabulary = Vocabulary.learn(text.documents, text.size);
    Measure again = new Measure("tokenize" + text.name, UNIT, setup.runs());
    Measure first = new Measure("tokenize" + text.name + "-first", UNIT, setup.runs());
    Tokenizer tokenizer = new Tokenizer(vocabulary);
    Measure.Run ours = () -> Timing.rate(text.megabytes, () -> pass(tokenizer, text));
    Measure.Run oursFirst =
        () -> Timing.rate(text.megabytes, () -> pass(new Tokenizer(vocabulary), text));
    String absent = HuggingFace.absent();
    if (!absent.isEmpty()) {
      setup.notes().accept("tokenize: without its peer: " + absent);
      return List.of(again.alone(ours), first.alone(oursFirst));
    }
    try (HuggingFace peer = new HuggingFace(vocabulary)) {
      requireEqual(tokenizer, peer, text);
      Measure.Run theirs = () -> Timing.rate(text.megabytes, () -> pass(peer, text));
      return List.of(
          again.against(HuggingFace.NAME, ours, theirs),
          first.against(HuggingFace.NAME, oursFirst, () -> first(vocabulary, text)));
    }
  }

  /** Making the peer reads its file, which is no part of the measure. */
  private static double first(Vocabulary vocabulary, Text text) throws Exception {
    try (HuggingFace fresh = new HuggingFace(vocabulary)) {
      return text.megabytes / Timing.seconds(() -> pass(fresh, text));
    }
  }

  private static void requireEqual(Tokenizer tokenizer, HuggingFace peer, Text text) {
    for (String document : text.documents) {
      long[] ids = Arrays.stream(tokenizer.encode(document)).asLongStream().toArray();
      if (!Arrays.equals(ids, peer.encode(document))) {
        throw new IllegalStateException("the peer has other ids for: " + document);
      }
    }
  }

  private static long pass(Tokenizer tokenizer, Text text) {
    return text.documents.stream().mapToLong(d -> tokenizer.encode(d).length).sum();
  }

  private static long pass(HuggingFace tokenizer, Text text) {
    return text.documents.stream().mapToLong(d -> tokenizer.encode(d).length).sum();
  }
}
