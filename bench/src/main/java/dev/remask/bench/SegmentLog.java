package dev.remask.bench;

import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.Books;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.DocumentSpan;
import dev.remask.schemas.InputFormat;
import dev.remask.schemas.Segment;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.TokenIds;
import dev.remask.schemas.TokenWidth;
import dev.remask.schemas.Topic;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A dataset whose segments are there, without text or packer: 512 random tokens of 8,192 each, in
 * two bytes, of one document or two.
 *
 * @param each segments of a partition
 */
record SegmentLog(Dataset dataset, int each) {
  private static final int LENGTH = 512;
  private static final int VOCABULARY = 8_192;
  private static final int PARTITIONS = 4;

  static SegmentLog of(int each) {
    return new SegmentLog(
        Dataset.newBuilder()
            .setName("bench")
            .setTokenizer(ByteBuffer.allocate(0))
            .setTokenizerSha256("")
            .setVocabularySize(VOCABULARY)
            .setInputFormat(InputFormat.FULL_SENTENCES)
            .setSegmentLength(LENGTH)
            .setPartitions(PARTITIONS)
            .setHeldOutPermille(0)
            .setDocumentsTopic("none")
            .setDocumentCharsMax(1_000_000)
            .setDuplicateWindow(0)
            .setDeclaredAt(Instant.EPOCH)
            .build(),
        each);
  }

  int partitions() {
    return dataset.getPartitions();
  }

  int size() {
    return each * partitions();
  }

  /** The sequence after the last, per partition. */
  List<Long> ends() {
    return Collections.nCopies(partitions(), (long) each);
  }

  /** Writes them all, the partitions in turn. The topic must be empty. */
  void write(Map<String, ?> clients, Topic<Segment> topic) {
    Map<String, Object> config = ClientConfigs.producer(clients);
    config.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 * 1024);
    config.put(ProducerConfig.LINGER_MS_CONFIG, 10);
    try (KafkaProducer<byte[], Segment> producer =
        new KafkaProducer<>(
            config,
            new ByteArraySerializer(),
            AvroSerdes.of(Segment.class, clients).serializer())) {
      for (int sequence = 0; sequence < each; sequence++) {
        for (int p = 0; p < partitions(); p++) {
          Future<RecordMetadata> unused =
              producer.send(
                  new ProducerRecord<>(
                      topic.name(),
                      p,
                      new SequenceKey(p, sequence).encode(),
                      segment(p, sequence)));
        }
      }
    }
  }

  static Segment segment(int partition, int sequence) {
    int[] tokens =
        new Random(sequence * (long) PARTITIONS + partition)
            .ints(LENGTH, Vocabulary.UNK + 1, VOCABULARY - 1)
            .toArray();
    tokens[0] = Vocabulary.BOS;
    tokens[LENGTH - 1] = Vocabulary.EOS;
    int middle = 2 + sequence % (LENGTH - 2);
    List<DocumentSpan> documents =
        sequence % 2 == 0
            ? List.of(span(sequence, 1, LENGTH))
            : List.of(span(sequence - 1, 1, middle), span(sequence, middle, LENGTH));
    return Segment.newBuilder()
        .setPartition(partition)
        .setSequence(sequence)
        .setWidth(TokenWidth.U16_LE)
        .setTokens(TokenIds.encode(tokens, TokenWidth.U16_LE))
        .setDocuments(documents)
        .setBooks(Books.newBuilder().setDocuments(sequence).setPacked(sequence).build())
        .build();
  }

  private static DocumentSpan span(int document, int start, int end) {
    return DocumentSpan.newBuilder()
        .setDocument("document-" + document)
        .setStart(start)
        .setEnd(end)
        .build();
  }
}
