package dev.remask.bench;

import dev.remask.mlm.Tokenizer;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Document;
import dev.remask.schemas.Replication;
import dev.remask.schemas.Topic;
import dev.remask.schemas.Topics;
import dev.remask.topology.StreamSettings;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * MB (10⁶ bytes of text in UTF-8) a second from the documents topic to segments that committed
 * readers see: Avro and registry on both sides, exactly once, one stream thread, the broker on the
 * same machine. The peer is what cannot be done without: encoding the same text on one thread, and
 * then passing the same records through Kafka Streams, exactly once, to another topic.
 */
final class PackBenchmark implements Benchmark {
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
      StreamSettings settings =
          new StreamSettings(
              stack.clients(),
              new Topics("remask."),
              stack.folder().resolve("streams"),
              1,
              StreamSettings.COMMIT_INTERVAL_MS,
              Long.MAX_VALUE,
              Replication.ONE,
              Duration.ofMinutes(1));
      DocumentLog short_ = DocumentLog.write(logs, settings, "short", text, COPIES, 1);
      DocumentLog long_ = DocumentLog.write(logs, settings, "long", text, COPIES, JOINED);
      setup
          .notes()
          .accept(
              String.format(
                  Locale.ROOT,
                  "pack: %,d documents, %.0f MB; the long ones: %,d",
                  short_.documents(),
                  short_.megabytes(),
                  long_.documents()));
      Packing packing = new Packing(logs, settings, vocabulary);
      Row pack =
          new Measure("pack", UNIT, setup.runs())
              .against(
                  "encode, then pass through",
                  () -> packing.rate(short_),
                  () -> {
                    double seconds =
                        encodingSeconds(text, vocabulary) + packing.passingSeconds(short_);
                    return short_.megabytes() / seconds;
                  });
      Row linear =
          new Measure("pack-long", UNIT, setup.runs())
              .against(
                  "the same text in short documents",
                  () -> packing.rate(long_),
                  () -> packing.rate(short_));
      logs.delete(short_.topic());
      logs.delete(long_.topic());
      return List.of(pack, linear);
    }
  }

  /** Of all copies, by a tokenizer that has seen nothing. */
  private static double encodingSeconds(EnglishText text, Vocabulary vocabulary)
      throws Exception {
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
