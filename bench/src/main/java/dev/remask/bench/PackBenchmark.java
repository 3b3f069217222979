package dev.remask.bench;

import dev.remask.mlm.Tokenizer;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.InputFormat;
import dev.remask.topology.StreamSettings;
import java.util.List;
import java.util.Locale;

/**
 * MB (10⁶ bytes of text in UTF-8) a second from the documents topic to segments that committed
 * readers see: Avro and registry on both sides, exactly once, one stream thread, the broker on the
 * same machine. The peer is what cannot be done without: encoding the same text on one thread, and
 * then passing the same records through Kafka Streams, exactly once, to another topic.
 */
final class PackBenchmark implements Benchmark {
  private static final InputFormat FULL = InputFormat.FULL_SENTENCES;
  private static final String UNIT = "MB/s";
  private static final int COPIES = 12;

  /** Documents of one long one. */
  private static final int JOINED = 40;

  @Override
  public List<Row> run(Setup setup) throws Exception {
    EnglishText text = EnglishText.read(setup.corpora());
    Vocabulary vocabulary = Vocabulary.learn(text.documents(), VocabularyBenchmark.SIZE);
    try (Stack stack = new Stack(setup.program());
        Logs logs = new Logs(stack.clients())) {
      StreamSettings settings = SmallHeap.settings(stack.clients(), stack.folder());
      DocumentLog shortOnes = DocumentLog.write(logs, settings, "short", text, COPIES, 1);
      DocumentLog longOnes = DocumentLog.write(logs, settings, "long", text, COPIES, JOINED);
      setup
          .notes()
          .accept(
              String.format(
                  Locale.ROOT,
                  "pack: %,d documents, %.0f MB; the long ones: %,d",
                  shortOnes.documents(),
                  shortOnes.megabytes(),
                  longOnes.documents()));
      Packing packing = new Packing(logs, settings, vocabulary, "pack");
      Row pack =
          new Measure("pack", UNIT, setup.runs())
              .against(
                  "encode, then pass through",
                  () -> packing.rate(shortOnes, FULL),
                  () -> {
                    double seconds =
                        encodingSeconds(text, vocabulary) + packing.passingSeconds(shortOnes);
                    return shortOnes.megabytes() / seconds;
                  });
      Row linear =
          new Measure("pack-long", UNIT, setup.runs())
              .against(
                  "the same text in short documents",
                  () -> packing.rate(longOnes, FULL),
                  () -> packing.rate(shortOnes, FULL));
      Row pairs =
          new Measure("pack-pairs", UNIT, setup.runs())
              .against(
                  "full-sentences",
                  () -> packing.rate(shortOnes, InputFormat.SEGMENT_PAIR),
                  () -> packing.rate(shortOnes, FULL));
      logs.delete(shortOnes.topic());
      logs.delete(longOnes.topic());
      return List.of(pack, linear, pairs, gigabyte(setup, stack, logs, text, vocabulary));
    }
  }

  /** 10⁹ bytes of text, once, in a process with a heap of 512 MB. */
  private static Row gigabyte(
      Setup setup, Stack stack, Logs logs, EnglishText text, Vocabulary vocabulary)
      throws Exception {
    StreamSettings settings = SmallHeap.settings(stack.clients(), stack.folder());
    int copies = (int) Math.ceil(1e9 / text.bytes());
    DocumentLog documents = DocumentLog.write(logs, settings, "gigabyte", text, copies, 1);
    setup
        .notes()
        .accept(
            String.format(
                Locale.ROOT,
                "pack-gigabyte: %,d documents, %,.0f MB, in a process with a heap of 512 MB",
                documents.documents(),
                documents.megabytes()));
    double rate = SmallHeap.rate(stack, vocabulary, documents);
    logs.delete(documents.topic());
    return new Row("pack-gigabyte", rate, UNIT, null, null, 1, 0);
  }

  /** Of all copies, by a tokenizer that has seen nothing. */
  private static double encodingSeconds(EnglishText text, Vocabulary vocabulary) throws Exception {
    return Timing.seconds(
        () -> {
          Tokenizer tokenizer = new Tokenizer(vocabulary);
          long tokens = 0;
          for (int copy = 0; copy < COPIES; copy++) {
            for (String document : text.documents()) {
              tokens += tokenizer.encode(document).length;
            }
          }
          return tokens;
        });
  }
}
