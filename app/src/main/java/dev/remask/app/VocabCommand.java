package dev.remask.app;

import dev.remask.app.Corpus.Source;
import dev.remask.mlm.HeldOut;
import dev.remask.mlm.Vocabulary;
import dev.remask.mlm.VocabularyLearner;
import dev.remask.schemas.LogReader;
import dev.remask.topology.BadDocument;
import dev.remask.topology.DocumentDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.common.config.ConfigException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Learns a vocabulary; the same text gives the same, byte for byte. Documents that a dataset of
 * these settings holds out have no part in it.
 */
@Command(
    name = "vocab",
    description = "Learns a byte-level BPE vocabulary of vocabulary.size token ids.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example: remask vocab my-texts --out tokenizer.json --set vocabulary.size=8192"})
final class VocabCommand implements Callable<Integer> {
  /**
   * @param forgotten occurrences of rare words that had no room
   */
  private record Learned(
      String file, int size, String sha256, long documents, long characters, long forgotten) {}

  @Mixin private CommonOptions options = new CommonOptions();
  @Mixin private TextOptions text = new TextOptions();

  @Option(names = "--from-topic", description = "Learn from documents.topic instead of from files.")
  private boolean fromTopic;

  @Option(
      names = "--characters",
      defaultValue = "1000000000",
      paramLabel = "N",
      description = "Read no further when it is so much text (default: ${DEFAULT-VALUE}).")
  private long characters = 1_000_000_000;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "Where to write it, as a Hugging Face tokenizer.json.")
  private Path out = Path.of("tokenizer.json");

  private final VocabularyLearner learner = new VocabularyLearner();
  private long documents;
  private long read;

  @Override
  public Integer call() throws Exception {
    if (fromTopic == text.given()) {
      throw new ConfigException("PATH: give text files, --demo-text or --from-topic");
    }
    if (fromTopic) {
      text.requireNoReading("--from-topic");
    }
    if (characters < 1) {
      throw new ConfigException("--characters", characters, "must be at least 1");
    }
    options.data();
    Settings settings = fromTopic ? options.connected(Map.of()) : options.settings(Map.of());
    if (fromTopic) {
      readTopic(settings);
    } else {
      readTexts(settings);
    }
    if (documents == 0) {
      throw new ConfigException("PATH: holds no document that is text to learn from");
    }
    Vocabulary vocabulary = learner.learn(settings.integer("vocabulary.size"));
    write(vocabulary.tokenizerJson());
    report(
        new Learned(
            out.toString(),
            vocabulary.size(),
            vocabulary.sha256(),
            documents,
            read,
            learner.forgotten()));
    return 0;
  }

  private void report(Learned learned) {
    if (options.json()) {
      System.out.println(Json.text(learned));
    } else {
      System.out.printf(
          Locale.ROOT,
          "%s: %,d token ids, learned from %,d documents, %,d characters%s; SHA-256 %s%n",
          learned.file(),
          learned.size(),
          learned.documents(),
          learned.characters(),
          learned.forgotten() == 0
              ? ""
              : String.format(Locale.ROOT, ", %,d rare words forgotten", learned.forgotten()),
          learned.sha256());
    }
  }

  private void readTexts(Settings settings) throws InterruptedException {
    int charsMax = settings.integer("document.chars.max");
    int heldOut = settings.integer("heldout.permille");
    Texts texts = text.texts();
    texts.requireSome();
    try (Sources sources = texts.open(charsMax, () -> false)) {
      for (Source source = sources.next(); source != null && !enough(); source = sources.next()) {
        if (HeldOut.contains(source.id(), heldOut)) {
          continue;
        }
        try {
          learn(Ingest.text(source, charsMax));
        } catch (BadDocument e) {
          System.err.println("remask: passed over " + source.id() + ": " + e.getMessage());
        }
      }
    }
  }

  private boolean enough() {
    return read >= characters;
  }

  private void learn(String document) {
    learner.add(document);
    documents++;
    read += document.length();
  }

  /** Without those that the packer would refuse; the same log gives the same. */
  private void readTopic(Settings settings) {
    DocumentDecoder decoder = new DatasetSettings(settings).decoder();
    int heldOut = settings.integer("heldout.permille");
    int charsMax = settings.integer("document.chars.max");
    LogReader.readRaw(
        settings.clients(),
        settings.text("documents.topic"),
        record -> {
          if (record.value() != null && !enough()) {
            try {
              DocumentDecoder.Decoded document = decoder.decode(record);
              if (!HeldOut.contains(document.id(), heldOut)
                  && document.text().length() <= charsMax) {
                learn(document.text());
              }
            } catch (BadDocument e) {
              // Counted and kept by the packer.
            }
          }
        },
        this::enough);
  }

  private void write(byte[] json) {
    try {
      Files.write(out, json);
    } catch (IOException e) {
      throw new ConfigException("--out", out, "cannot be written: " + e);
    }
  }
}
