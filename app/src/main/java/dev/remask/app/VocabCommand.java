package dev.remask.app;

import dev.remask.app.Corpus.Source;
import dev.remask.mlm.HeldOut;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.LogReader;
import dev.remask.topology.BadDocument;
import dev.remask.topology.DocumentDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
  private record Learned(String file, int size, String sha256, long documents, long characters) {}

  @Mixin private CommonOptions options = new CommonOptions();
  @Mixin private TextOptions text = new TextOptions();

  @Option(names = "--from-topic", description = "Learn from documents.topic instead of from files.")
  private boolean fromTopic;

  @Option(
      names = "--characters",
      defaultValue = "50000000",
      paramLabel = "N",
      description = "Read at most so much text; it is held in memory (default: ${DEFAULT-VALUE}).")
  private long characters = 50_000_000;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "Where to write it, as a Hugging Face tokenizer.json.")
  private Path out = Path.of("tokenizer.json");

  @Override
  public Integer call() throws Exception {
    if (fromTopic == text.given()) {
      throw new ConfigException("PATH: give text files, --demo-text or --from-topic");
    }
    if (characters < 1) {
      throw new ConfigException("--characters", characters, "must be at least 1");
    }
    options.data();
    Settings settings = fromTopic ? options.connected(Map.of()) : options.settings(Map.of());
    List<String> texts = fromTopic ? ofTopic(settings) : ofFiles(settings);
    if (texts.isEmpty()) {
      throw new ConfigException("PATH: holds no document that is text to learn from");
    }
    Vocabulary vocabulary = Vocabulary.learn(texts, settings.integer("vocabulary.size"));
    write(vocabulary.tokenizerJson());
    long read = texts.stream().mapToLong(String::length).sum();
    Learned learned =
        new Learned(out.toString(), vocabulary.size(), vocabulary.sha256(), texts.size(), read);
    if (options.json()) {
      System.out.println(Json.text(learned));
    } else {
      System.out.printf(
          Locale.ROOT,
          "%s: %,d token ids, learned from %,d documents, %,d characters; SHA-256 %s%n",
          learned.file(),
          learned.size(),
          learned.documents(),
          learned.characters(),
          learned.sha256());
    }
    return 0;
  }

  private List<String> ofFiles(Settings settings) {
    int charsMax = settings.integer("document.chars.max");
    int heldOut = settings.integer("heldout.permille");
    List<String> texts = new ArrayList<>();
    long read = 0;
    for (Source source : text.sources()) {
      if (read >= characters) {
        break;
      }
      if (HeldOut.contains(source.id(), heldOut)) {
        continue;
      }
      try {
        texts.add(Ingest.text(source, charsMax));
        read += texts.get(texts.size() - 1).length();
      } catch (BadDocument e) {
        System.err.println("remask: passed over " + source.id() + ": " + e.getMessage());
      }
    }
    return texts;
  }

  /** Without those that the packer would refuse; the same log gives the same. */
  private List<String> ofTopic(Settings settings) {
    DocumentDecoder decoder = new DatasetSettings(settings).decoder();
    String topic = settings.text("documents.topic");
    int heldOut = settings.integer("heldout.permille");
    int charsMax = settings.integer("document.chars.max");
    List<String> texts = new ArrayList<>();
    long[] read = {0};
    LogReader.readRaw(
        settings.clients(),
        topic,
        record -> {
          if (record.value() != null && read[0] < characters) {
            try {
              DocumentDecoder.Decoded document = decoder.decode(record);
              if (!HeldOut.contains(document.id(), heldOut)
                  && document.text().length() <= charsMax) {
                texts.add(document.text());
                read[0] += document.text().length();
              }
            } catch (BadDocument e) {
              // Counted and kept by the packer.
            }
          }
        },
        () -> read[0] >= characters);
    return texts;
  }

  private void write(byte[] json) {
    try {
      Files.write(out, json);
    } catch (IOException e) {
      throw new ConfigException("--out", out, "cannot be written: " + e);
    }
  }
}
