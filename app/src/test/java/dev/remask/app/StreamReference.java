package dev.remask.app;

import dev.remask.mlm.Carry;
import dev.remask.mlm.HeldOut;
import dev.remask.mlm.Masked;
import dev.remask.mlm.Masker;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.mlm.Packer;
import dev.remask.mlm.Packing;
import dev.remask.mlm.Sentences;
import dev.remask.mlm.TokenSegment;
import dev.remask.mlm.Tokenizer;
import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.Books;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Document;
import dev.remask.schemas.SequenceKey;
import dev.remask.topology.FlushSignal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * What the streams of a dataset must hold, worked out from its documents topic alone: one record
 * after another, without Kafka Streams, by nothing but {@code mlm} and the list of what came
 * before.
 */
final class StreamReference {
  private final Dataset dataset;
  private final List<Partition> partitions = new ArrayList<>();

  private StreamReference(Dataset dataset) {
    this.dataset = dataset;
  }

  /** Of the documents that are in the topic now. */
  static StreamReference of(Map<String, Object> clients, Dataset dataset) {
    StreamReference reference = new StreamReference(dataset);
    Deserializer<Document> documents = AvroSerdes.of(Document.class, clients).deserializer();
    for (List<ConsumerRecord<byte[], byte[]>> log :
        StreamRows.read(
            clients,
            dataset.getDocumentsTopic(),
            dataset.getPartitions(),
            IsolationLevel.READ_COMMITTED,
            record -> record)) {
      Partition partition = reference.new Partition(documents, reference.partitions.size());
      log.forEach(partition::read);
      reference.partitions.add(partition);
    }
    return reference;
  }

  List<Books> books() {
    return partitions.stream().map(Partition::books).toList();
  }

  long deadLetters() {
    return partitions.stream().mapToLong(partition -> partition.deadLetters).sum();
  }

  StreamRows segments() {
    return rows(partition -> partition.training);
  }

  StreamRows heldOut() {
    return rows(partition -> partition.heldOut);
  }

  private StreamRows rows(Function<Partition, List<TokenSegment>> half) {
    List<List<String>> rows = new ArrayList<>();
    for (int p = 0; p < partitions.size(); p++) {
      int partition = p;
      rows.add(
          half.apply(partitions.get(p)).stream().map(segment -> row(partition, segment)).toList());
    }
    return new StreamRows(rows);
  }

  private static String row(int partition, TokenSegment segment) {
    List<String> spans =
        segment.spans().stream()
            .map(span -> span.document() + "@" + span.start() + "-" + span.end())
            .toList();
    return StreamRows.row(
        -1,
        new SequenceKey(partition, segment.sequence()),
        segment.sequence(),
        partition,
        StreamRows.content(segment.tokens(), spans, segment.secondPart(), segment.nextSentence()));
  }

  /**
   * One epoch after another.
   *
   * @param ends sequence after the last, per partition {@code [P]}
   */
  StreamRows examples(long seed, MaskingPolicy policy, long[] ends, int... epochs) {
    Masker masker =
        new Masker(
            seed,
            dataset.getName(),
            policy,
            dataset.getVocabularySize(),
            DatasetSettings.vocabulary(dataset).wordStarts());
    List<List<String>> rows = new ArrayList<>();
    for (int partition = 0; partition < partitions.size(); partition++) {
      List<String> examples = new ArrayList<>();
      for (int epoch : epochs) {
        for (int sequence = 0; sequence < ends[partition]; sequence++) {
          int[] tokens = partitions.get(partition).training.get(sequence).tokens();
          Masked masked = masker.mask(epoch, partition, sequence, tokens);
          examples.add(
              StreamRows.row(
                  epoch,
                  new SequenceKey(partition, sequence),
                  sequence,
                  partition,
                  StreamRows.masks(masked.inputs(), masked.positions(), masked.labels())));
        }
      }
      rows.add(examples);
    }
    return new StreamRows(rows);
  }

  /** What a record said of its id: a text, or nothing (a tombstone); null if it said nothing. */
  private record Said(String id, Optional<String> text) {}

  private final class Partition {
    private final Deserializer<Document> documents;
    private final Tokenizer tokenizer = new Tokenizer(DatasetSettings.vocabulary(dataset));
    private final Packer trainingPacker;
    private final Packer heldOutPacker;
    private final List<Said> said = new ArrayList<>(); // one a record, flush signals left out
    private final List<TokenSegment> training = new ArrayList<>();
    private final List<TokenSegment> heldOut = new ArrayList<>();
    private Carry trainingCarry = Carry.EMPTY;
    private Carry heldOutCarry = Carry.EMPTY;
    private long accepted;
    private long heldOutDocuments;
    private long duplicates;
    private long tombstones;
    private long deadLetters;
    private long tokens;
    private long flushes;
    private long updates;
    private long truncated;
    private long repeated;
    private long heldOutTokens;
    private long heldOutTruncated;
    private long heldOutRepeated;

    Partition(Deserializer<Document> documents, int partition) {
      this.documents = documents;
      trainingPacker = packer(partition, dataset.getName());
      heldOutPacker = packer(partition, dataset.getName() + "\nheldout");
    }

    private Packer packer(int partition, String key) {
      int length = dataset.getSegmentLength();
      return switch (dataset.getInputFormat()) {
        case FULL_SENTENCES -> Packer.fullSentences(length);
        case DOC_SENTENCES -> Packer.docSentences(length);
        case SEGMENT_PAIR -> Packer.segmentPairs(length, key, partition);
        case SENTENCE_PAIR -> Packer.sentencePairs(length, key, partition);
        case UNKNOWN -> throw new AssertionError();
      };
    }

    void read(ConsumerRecord<byte[], byte[]> record) {
      if (record.value() == null && record.headers().lastHeader(FlushSignal.HEADER) != null) {
        flushes++;
        trainingCarry = take(trainingPacker.flush(trainingCarry), training);
        heldOutCarry = take(heldOutPacker.flush(heldOutCarry), heldOut);
        return;
      }
      String id = record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8);
      Said now = null;
      if (record.value() == null) {
        tombstones++;
        now = new Said(id, Optional.empty());
        trainingCarry = trainingCarry.without(id);
        heldOutCarry = heldOutCarry.without(id);
      } else {
        Optional<String> text = id == null ? Optional.empty() : text(record.value());
        if (text.isEmpty()) {
          deadLetters++;
        } else {
          now = new Said(id, text);
          Optional<String> before = before(id);
          if (before.equals(text)) {
            duplicates++;
          } else {
            updates += before.isPresent() ? 1 : 0;
            pack(id, text.get());
          }
        }
      }
      said.add(now);
    }

    /** Empty if it cannot be packed. */
    private Optional<String> text(byte[] value) {
      try {
        String text = documents.deserialize(dataset.getDocumentsTopic(), value).getText();
        boolean fits = text.length() <= dataset.getDocumentCharsMax();
        return fits && !text.isBlank() ? Optional.of(text) : Optional.empty();
      } catch (SerializationException e) {
        return Optional.empty();
      }
    }

    /** What the newest of the last records, as many as the window has, that names this id said. */
    private Optional<String> before(String id) {
      int oldest = Math.max(0, said.size() - dataset.getDuplicateWindow());
      for (int i = said.size() - 1; i >= oldest; i--) {
        if (said.get(i) != null && said.get(i).id().equals(id)) {
          return said.get(i).text();
        }
      }
      return Optional.empty();
    }

    private void pack(String id, String text) {
      List<int[]> sentences =
          Sentences.prose(Locale.ROOT).split(text).stream().map(tokenizer::encode).toList();
      long length = sentences.stream().mapToLong(sentence -> sentence.length).sum();
      if (HeldOut.contains(id, dataset.getHeldOutPermille())) {
        heldOutDocuments++;
        heldOutTokens += length;
        Packing packing = heldOutPacker.pack(heldOutCarry, id, sentences);
        heldOutTruncated += packing.truncated();
        heldOutRepeated += packing.repeated();
        heldOutCarry = take(packing, heldOut);
      } else {
        accepted++;
        tokens += length;
        Packing packing = trainingPacker.pack(trainingCarry, id, sentences);
        truncated += packing.truncated();
        repeated += packing.repeated();
        trainingCarry = take(packing, training);
      }
    }

    private Carry take(Packing packing, List<TokenSegment> segments) {
      segments.addAll(packing.segments());
      return packing.carry();
    }

    Books books() {
      long pending = trainingCarry.spans().size();
      return new Books(
          (long) said.size(),
          accepted - pending,
          pending,
          heldOutDocuments,
          duplicates,
          tombstones,
          deadLetters,
          tokens,
          flushes,
          updates,
          truncated,
          repeated,
          heldOutTokens,
          heldOutTruncated,
          heldOutRepeated);
    }
  }
}
