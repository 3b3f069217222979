package dev.remask.app;

import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.DocumentIds;
import dev.remask.schemas.DocumentsFormat;
import dev.remask.schemas.InputFormat;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Locale;
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

  Dataset declare(Vocabulary vocabulary, Instant now) {
    return Dataset.newBuilder()
        .setName(settings.text("dataset.name"))
        .setTokenizer(ByteBuffer.wrap(vocabulary.tokenizerJson()))
        .setTokenizerSha256(vocabulary.sha256())
        .setVocabularySize(vocabulary.size())
        .setVocabularySizeAsked(settings.integer("vocabulary.size"))
        .setInputFormat(inputFormat())
        .setSegmentLength(settings.integer("segment.length"))
        .setPartitions(settings.integer("dataset.partitions"))
        .setHeldOutPermille(settings.integer("heldout.permille"))
        .setDocumentsTopic(documentsTopic())
        .setDocumentsFormat(documentsFormat())
        .setDocumentIds(documentIds())
        .setDocumentIdField(settings.text("documents.id.field"))
        .setDocumentTextField(settings.text("documents.text.field"))
        .setDocumentCharsMax(settings.integer("document.chars.max"))
        .setDuplicateWindow(settings.integer("duplicate.window"))
        .setDeclaredAt(now)
        .build();
  }

  String documentsTopic() {
    String own = settings.text("documents.topic");
    return own.isEmpty() ? settings.topics().documents(1).name() : own;
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
   * The vocabulary of a dataset that exists.
   *
   * @throws ConfigException naming the first setting that differs, with both values
   */
  Vocabulary requireSame(Dataset dataset) {
    same("vocabulary.size", settings.integer("vocabulary.size"), dataset.getVocabularySizeAsked());
    same("input.format", inputFormat(), dataset.getInputFormat());
    same("segment.length", settings.integer("segment.length"), dataset.getSegmentLength());
    same("dataset.partitions", settings.integer("dataset.partitions"), dataset.getPartitions());
    same("heldout.permille", settings.integer("heldout.permille"), dataset.getHeldOutPermille());
    same(
        "document.chars.max",
        settings.integer("document.chars.max"),
        dataset.getDocumentCharsMax());
    same("documents.topic", documentsTopic(), dataset.getDocumentsTopic());
    same("documents.format", documentsFormat(), dataset.getDocumentsFormat());
    same("documents.id", documentIds(), dataset.getDocumentIds());
    same("documents.id.field", settings.text("documents.id.field"), dataset.getDocumentIdField());
    same(
        "documents.text.field",
        settings.text("documents.text.field"),
        dataset.getDocumentTextField());
    same("duplicate.window", settings.integer("duplicate.window"), dataset.getDuplicateWindow());
    Vocabulary vocabulary = vocabulary(dataset);
    if (!vocabulary.sha256().equals(dataset.getTokenizerSha256())) {
      throw new IllegalStateException(
          "the vocabulary of dataset '"
              + dataset.getName()
              + "' has SHA-256 "
              + vocabulary.sha256()
              + ", not the declared "
              + dataset.getTokenizerSha256());
    }
    return vocabulary;
  }

  private void same(String key, Object wanted, Object declared) {
    if (!wanted.equals(declared)) {
      throw new ConfigException(
          key,
          wanted,
          "dataset '"
              + settings.text("dataset.name")
              + "' was declared with "
              + declared
              + ", for its life; use that, another dataset.name, or --fresh");
    }
  }

  static Vocabulary vocabulary(Dataset dataset) {
    ByteBuffer json = dataset.getTokenizer().duplicate();
    byte[] bytes = new byte[json.remaining()];
    json.get(bytes);
    return Vocabulary.parse(bytes);
  }
}
