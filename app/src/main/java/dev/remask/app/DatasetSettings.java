package dev.remask.app;

import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.DocumentIds;
import dev.remask.schemas.DocumentsFormat;
import dev.remask.schemas.InputFormat;
import dev.remask.schemas.TextUnit;
import dev.remask.topology.DocumentDecoder;
import dev.remask.topology.PackingFormat;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigException;

/**
 * What the settings say of a dataset, and whether a dataset that exists agrees: all of it is fixed
 * for its life.
 */
final class DatasetSettings {
  private final Settings settings;

  DatasetSettings(Settings settings) {
    this.settings = settings;
  }

  /**
   * @throws ConfigException if its documents could not be packed
   */
  Dataset declare(Vocabulary vocabulary, Instant now) {
    return PackingFormat.onThisPlatform(
        withoutVocabulary()
            .setTokenizer(ByteBuffer.wrap(vocabulary.tokenizerJson()))
            .setTokenizerSha256(vocabulary.sha256())
            .setVocabularySize(vocabulary.size())
            .setDeclaredAt(now)
            .build(),
        vocabulary);
  }

  private Dataset.Builder withoutVocabulary() {
    return Dataset.newBuilder()
        .setName(settings.text("dataset.name"))
        .setVocabularySizeAsked(settings.integer("vocabulary.size"))
        .setInputFormat(inputFormat())
        .setSegmentLength(settings.integer("segment.length"))
        .setPartitions(settings.integer("dataset.partitions"))
        .setHeldOutPermille(settings.integer("heldout.permille"))
        .setDocumentsTopic(settings.text("documents.topic"))
        .setDocumentsFormat(documentsFormat())
        .setDocumentIds(documentIds())
        .setDocumentIdField(settings.text("documents.id.field"))
        .setDocumentTextField(settings.text("documents.text.field"))
        .setDocumentSourceField(settings.text("documents.source.field"))
        .setTextUnit(TextUnit.valueOf(settings.text("text.unit").toUpperCase(Locale.ROOT)))
        .setTextLanguage(settings.text("text.language"))
        .setDocumentCharsMax(settings.integer("document.chars.max"))
        .setDuplicateWindow(settings.integer("duplicate.window"));
  }

  /** Reads the documents of the settings' topic. */
  DocumentDecoder decoder() {
    Dataset undeclared =
        withoutVocabulary()
            .setTokenizer(ByteBuffer.allocate(0))
            .setTokenizerSha256("")
            .setVocabularySize(0)
            .setDeclaredAt(Instant.EPOCH)
            .build();
    return DocumentDecoder.of(undeclared, settings.clients());
  }

  private DocumentsFormat documentsFormat() {
    return DocumentsFormat.valueOf(settings.text("documents.format").toUpperCase(Locale.ROOT));
  }

  private DocumentIds documentIds() {
    return DocumentIds.valueOf(settings.text("documents.id").toUpperCase(Locale.ROOT));
  }

  private InputFormat inputFormat() {
    return InputFormat.valueOf(
        settings.text("input.format").toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  /**
   * The settings of a dataset that exists: what was declared stands for what is not given.
   *
   * @throws ConfigException naming the first given setting that differs, with both values
   */
  static Settings of(Settings given, Dataset dataset) {
    Settings settings = given.agreeing("dataset '" + dataset.getName() + "'", declared(dataset));
    requireVocabulary(dataset, vocabulary(dataset));
    return settings;
  }

  /**
   * @throws ConfigException if it is not the dataset's, with both hashes
   */
  static void requireVocabulary(Dataset dataset, Vocabulary vocabulary) {
    if (!vocabulary.sha256().equals(dataset.getTokenizerSha256())) {
      throw new ConfigException(
          "vocabulary",
          "SHA-256 " + vocabulary.sha256(),
          "dataset '"
              + dataset.getName()
              + "' was declared with SHA-256 "
              + dataset.getTokenizerSha256()
              + ", for its life");
    }
  }

  private static SortedMap<String, String> declared(Dataset dataset) {
    SortedMap<String, String> declared = new TreeMap<>();
    declared.put("dataset.name", dataset.getName());
    declared.put("dataset.partitions", Integer.toString(dataset.getPartitions()));
    declared.put("vocabulary.size", Integer.toString(dataset.getVocabularySizeAsked()));
    declared.put("input.format", lower(dataset.getInputFormat()));
    declared.put("segment.length", Integer.toString(dataset.getSegmentLength()));
    declared.put("heldout.permille", Integer.toString(dataset.getHeldOutPermille()));
    declared.put("document.chars.max", Integer.toString(dataset.getDocumentCharsMax()));
    declared.put("duplicate.window", Integer.toString(dataset.getDuplicateWindow()));
    declared.put("documents.topic", dataset.getDocumentsTopic());
    declared.put("documents.format", lower(dataset.getDocumentsFormat()));
    declared.put("documents.id", lower(dataset.getDocumentIds()));
    declared.put("documents.id.field", dataset.getDocumentIdField());
    declared.put("documents.text.field", dataset.getDocumentTextField());
    declared.put("documents.source.field", dataset.getDocumentSourceField());
    declared.put("text.unit", lower(dataset.getTextUnit()));
    declared.put("text.language", dataset.getTextLanguage());
    return declared;
  }

  static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Vocabulary vocabulary(Dataset dataset) {
    ByteBuffer json = dataset.getTokenizer().duplicate();
    byte[] bytes = new byte[json.remaining()];
    json.get(bytes);
    return Vocabulary.parse(bytes);
  }
}
