package dev.remask.topology;

import dev.remask.mlm.Packer;
import dev.remask.mlm.Sentences;
import dev.remask.mlm.TextRules;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.InputFormat;
import dev.remask.schemas.TextUnit;
import java.util.IllformedLocaleException;
import java.util.Locale;
import java.util.function.IntFunction;
import org.apache.kafka.common.config.ConfigException;

/** How a dataset's documents are cut into sentences and packed. */
public final class PackingFormat {
  private final Sentences sentences;
  private final IntFunction<Packer> training;
  private final IntFunction<Packer> heldOut;

  private PackingFormat(
      Sentences sentences, IntFunction<Packer> training, IntFunction<Packer> heldOut) {
    this.sentences = sentences;
    this.training = training;
    this.heldOut = heldOut;
  }

  /**
   * As the dataset says.
   *
   * @throws ConfigException if a part of it is unknown, or the parts do not fit each other
   */
  public static PackingFormat of(Dataset dataset) {
    Sentences sentences = sentences(dataset.getTextUnit(), dataset.getTextLanguage());
    boolean whole = dataset.getTextUnit() == TextUnit.NONE;
    int length = dataset.getSegmentLength();
    InputFormat format = dataset.getInputFormat();
    return switch (format) {
      case FULL_SENTENCES ->
          both(sentences, whole ? Packer.fullText(length) : Packer.fullSentences(length));
      case DOC_SENTENCES ->
          both(sentences, whole ? Packer.docText(length) : Packer.docSentences(length));
      case SEGMENT_PAIR, SENTENCE_PAIR -> {
        if (whole) {
          throw new ConfigException(
              "text.unit", "none", "must be sentences or lines where input.format makes pairs");
        }
        // A line break is in no dataset's name: no other one draws as the held-out half.
        yield new PackingFormat(
            sentences,
            pairs(format, length, dataset.getName()),
            pairs(format, length, dataset.getName() + "\nheldout"));
      }
      case UNKNOWN ->
          throw new ConfigException(
              "input.format",
              format,
              "must be full-sentences, doc-sentences, segment-pair or sentence-pair");
    };
  }

  private static PackingFormat both(Sentences sentences, Packer packer) {
    return new PackingFormat(sentences, partition -> packer, partition -> packer);
  }

  private static IntFunction<Packer> pairs(InputFormat format, int length, String key) {
    return format == InputFormat.SEGMENT_PAIR
        ? partition -> Packer.segmentPairs(length, key, partition)
        : partition -> Packer.sentencePairs(length, key, partition);
  }

  private static Sentences sentences(TextUnit unit, String language) {
    if (unit != TextUnit.SENTENCES && !language.isEmpty()) {
      throw new ConfigException(
          "text.language", language, "must be empty unless text.unit is sentences");
    }
    return switch (unit) {
      case SENTENCES -> Sentences.prose(locale(language));
      case LINES -> Sentences.lines();
      case NONE -> Sentences.none();
      case UNKNOWN ->
          throw new ConfigException("text.unit", unit, "must be sentences, lines or none");
    };
  }

  private static Locale locale(String language) {
    if (language.isEmpty()) {
      return Locale.ROOT;
    }
    try {
      return new Locale.Builder().setLanguageTag(language).build();
    } catch (IllformedLocaleException e) {
      throw new ConfigException("text.language", language, "must be a BCP 47 tag, such as de");
    }
  }

  /** The dataset as this platform packs it: its name for what it knows of text is filled in. */
  public static Dataset onThisPlatform(Dataset dataset, Vocabulary vocabulary) {
    return Dataset.newBuilder(dataset)
        .setTextPlatform(TextRules.platform())
        .setTextRulesSha256(TextRules.sha256(of(dataset).sentences, vocabulary))
        .build();
  }

  /**
   * A segments log is cut by one set of rules from its first document to its last. An older dataset
   * that does not say by which is packed by any.
   *
   * @throws ConfigException if this platform would cut its text in other places than the one that
   *     declared it
   */
  static void requireThisPlatform(Dataset dataset, Vocabulary vocabulary) {
    String declared = dataset.getTextRulesSha256();
    if (declared.isEmpty()) {
      return;
    }
    String here = TextRules.sha256(of(dataset).sentences, vocabulary);
    if (!here.equals(declared)) {
      throw new ConfigException(
          "dataset.name",
          dataset.getName(),
          "its text is cut by the rules of %s (%.8s), and those of this %s (%.8s) are others: go on with a JDK that has the same, or declare another dataset"
              .formatted(dataset.getTextPlatform(), declared, TextRules.platform(), here));
    }
  }

  Sentences sentences() {
    return sentences;
  }

  Packer training(int partition) {
    return training.apply(partition);
  }

  Packer heldOut(int partition) {
    return heldOut.apply(partition);
  }
}
