package dev.remask.app;

import dev.remask.app.Corpus.Source;
import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Document;
import dev.remask.topology.FlushSignal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serializer;

/** Documents, and among them every kind of record that a packer must bear with. */
final class MixedDocuments {
  private static final int TOO_LONG = 10_001;

  private final String topic;
  private final int partitions;
  private final Serializer<Document> serializer;

  /**
   * @param settings with {@code document.chars.max} 20,000
   */
  MixedDocuments(Settings settings, Dataset dataset) {
    topic = dataset.getDocumentsTopic();
    partitions = dataset.getPartitions();
    serializer = AvroSerdes.of(Document.class, settings.clients()).serializer();
  }

  static String text(Source source) {
    return Ingest.text(source, 1_000_000);
  }

  /** The i-th document, and with some of them one record more. */
  List<ProducerRecord<byte[], byte[]>> records(List<Source> sources, int i) {
    Source source = sources.get(i);
    byte[] id = id(source);
    byte[] earlier = id(sources.get(i / 2));
    byte[] value = serializer.serialize(topic, source.document(text(source)));
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    records.add(record(id, value));
    switch (i % 16) {
      case 1 -> records.add(record(id, value));
      case 3 -> records.add(record(id, new byte[] {1, 2, 3}));
      case 4 -> records.add(record(id, new byte[] {0, 0x7f, 0, 0, 0, 2, 4}));
      case 6 -> records.add(record(earlier, null));
      case 7 -> records.add(record(id, document(" \n\t ")));
      case 9 -> records.add(record(id, document("x ".repeat(TOO_LONG))));
      case 11 -> records.add(new ProducerRecord<>(topic, i % partitions, null, value));
      case 13 -> records.add(record(earlier, document("It was changed.")));
      case 15 -> records.addAll(flush());
      default -> {}
    }
    return records;
  }

  List<ProducerRecord<byte[], byte[]>> flush() {
    return FlushSignal.records(topic, partitions);
  }

  private static byte[] id(Source source) {
    return source.id().getBytes(StandardCharsets.UTF_8);
  }

  private byte[] document(String text) {
    return serializer.serialize(topic, new Document(text, null));
  }

  private ProducerRecord<byte[], byte[]> record(byte[] id, byte[] value) {
    return new ProducerRecord<>(topic, id, value);
  }
}
