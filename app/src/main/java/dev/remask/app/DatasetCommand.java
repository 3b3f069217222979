package dev.remask.app;

import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Declares a dataset with its topics, or says what was declared. */
@Command(
    name = "dataset",
    description = {
      "Declares a dataset and makes its topics; all of it is fixed for the dataset's life.",
      "Where it is declared already, says so, and refuses what differs."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Example: remask dataset --vocab tokenizer.json --set dataset.name=news"})
final class DatasetCommand implements Callable<Integer> {
  @Mixin private CommonOptions options = new CommonOptions();

  @Option(
      names = "--vocab",
      paramLabel = "FILE",
      description = "A byte-level BPE tokenizer.json; a new dataset needs one.")
  private @Nullable Path vocab;

  @Override
  public Integer call() throws Exception {
    options.data();
    Optional<Vocabulary> vocabulary = Optional.ofNullable(vocab).map(DatasetCommand::read);
    Settings given = options.connected(Map.of());
    Setup setup = new Setup(given);
    setup.ensureSharedTopics();
    Optional<Dataset> known =
        Datasets.find(given.clients(), given.topics(), given.text("dataset.name"));
    Dataset dataset = known.isPresent() ? known.get() : declare(setup, given, vocabulary);
    Settings unused = DatasetSettings.of(given, dataset);
    vocabulary.ifPresent(v -> DatasetSettings.requireVocabulary(dataset, v));
    setup.ensureTopics(dataset);
    if (options.json()) {
      System.out.println(Json.text(described(dataset)));
    } else {
      System.out.println((known.isPresent() ? "was there: " : "declared: ") + line(dataset));
    }
    return 0;
  }

  /** The documents' topic is looked at first: a dataset that it does not fit would be for ever. */
  private static Dataset declare(Setup setup, Settings given, Optional<Vocabulary> vocabulary) {
    Dataset dataset =
        new DatasetSettings(given)
            .declare(
                vocabulary.orElseThrow(
                    () ->
                        new ConfigException(
                            "--vocab: a new dataset needs one; 'remask vocab' learns it")),
                Clock.systemUTC().instant());
    setup.ensureTopics(dataset);
    return setup.declare(dataset);
  }

  private static Vocabulary read(Path file) {
    try {
      return ModelFolder.tokenizer(file);
    } catch (IOException e) {
      throw new ConfigException("--vocab", file, "is no readable file");
    } catch (IllegalArgumentException e) {
      return adopted(file);
    }
  }

  /** In RoBERTa's layout, which it has not. */
  private static Vocabulary adopted(Path file) {
    try {
      Vocabulary adopted = Vocabulary.adopt(ModelFolder.tokenizerJson(file));
      System.err.println(
          "remask: "
              + file
              + " has other special tokens than RoBERTa's; its tokens of text keep their order, their ids begin at 4");
      return adopted;
    } catch (IOException e) {
      throw new ConfigException("--vocab", file, "is no readable file");
    } catch (IllegalArgumentException e) {
      throw new ConfigException("--vocab", file, "cannot be used: " + e.getMessage());
    }
  }

  static String line(Dataset dataset) {
    return String.format(
        Locale.ROOT,
        "%s: %s%s, segments of %d tokens, %d partitions, %.1f %% of the documents held out, vocabulary of %,d",
        dataset.getName(),
        DatasetSettings.lower(dataset.getInputFormat()),
        unit(dataset),
        dataset.getSegmentLength(),
        dataset.getPartitions(),
        dataset.getHeldOutPermille() / 10.0,
        dataset.getVocabularySize());
  }

  /** What is not the default. */
  private static String unit(Dataset dataset) {
    String language = dataset.getTextLanguage();
    return switch (dataset.getTextUnit()) {
      case SENTENCES -> language.isEmpty() ? "" : " (sentences of language " + language + ")";
      case LINES -> " (a sentence a line)";
      case NONE -> " (cut anywhere)";
      case UNKNOWN -> " (of a unit unknown to this version)";
    };
  }

  private static Map<String, Object> described(Dataset dataset) {
    Map<String, Object> described = new LinkedHashMap<>();
    described.put("name", dataset.getName());
    described.put("documents_topic", dataset.getDocumentsTopic());
    described.put("input_format", DatasetSettings.lower(dataset.getInputFormat()));
    described.put("text_unit", DatasetSettings.lower(dataset.getTextUnit()));
    described.put("text_language", dataset.getTextLanguage());
    described.put("text_platform", dataset.getTextPlatform());
    described.put("text_rules_sha256", dataset.getTextRulesSha256());
    described.put("segment_length", dataset.getSegmentLength());
    described.put("partitions", dataset.getPartitions());
    described.put("vocabulary_size", dataset.getVocabularySize());
    described.put("tokenizer_sha256", dataset.getTokenizerSha256());
    return described;
  }
}
