package dev.remask.bench;

import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Books;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Document;
import dev.remask.schemas.InputFormat;
import dev.remask.schemas.PackerState;
import dev.remask.schemas.Segment;
import dev.remask.schemas.Topic;
import dev.remask.topology.Counters;
import dev.remask.topology.DocumentDecoder;
import dev.remask.topology.PackerProgress;
import dev.remask.topology.PackingTopology;
import dev.remask.topology.StreamSettings;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;

/** The product's packer, and a topology that only passes on, each on a log of documents. */
final class Packing {
  private static final int LENGTH = 512;
  private static final Duration MAX = Duration.ofMinutes(10);

  private final Logs logs;
  private final StreamSettings settings;
  private final Vocabulary vocabulary;
  private final String name;
  private int runs;

  /**
   * @param name begins the names of its datasets
   */
  Packing(Logs logs, StreamSettings settings, Vocabulary vocabulary, String name) {
    this.logs = logs;
    this.settings = settings;
    this.vocabulary = vocabulary;
    this.name = name;
  }

  /**
   * Megabytes a second until all segments can be read by committed readers and the group has
   * committed the end of the documents; what was made goes again.
   *
   * @throws IllegalStateException if not every document is in the books
   */
  double rate(DocumentLog documents, InputFormat format) throws Exception {
    Dataset dataset = dataset(name + "-" + runs++, format, documents);
    Topic<Segment> segments = segments(dataset);
    Topic<Segment> heldOut = settings.topics().heldOut(dataset.getName(), dataset.getPartitions());
    logs.make(segments);
    logs.make(heldOut);
    String group = settings.topics().packerId(dataset.getName());
    Counters counters = new Counters();
    Map<Integer, Long> ends = logs.ends(documents.topic());
    double seconds =
        new TopologyRun("packer", topology(dataset, counters), settings.packing(group), MAX)
            .seconds(
                streams ->
                    counters.counts().documents() >= documents.documents()
                        && logs.hasCommitted(group, documents.topic(), ends)
                        && logs.isDecided(segments));
    requireWhole(dataset, documents);
    logs.delete(segments);
    logs.delete(heldOut);
    logs.deleteGroup(group);
    return documents.megabytes() / seconds;
  }

  /** Of the same records, unread, to another topic, as often committed and as safely. */
  double passingSeconds(DocumentLog documents) throws Exception {
    String group = "pass-" + name + "-" + runs++;
    Topic<Document> from = documents.topic();
    Topic<Document> to =
        new Topic<>(group, from.valueType(), from.partitions(), from.config(), from.required());
    logs.make(to);
    AtomicLong passed = new AtomicLong();
    Map<Integer, Long> ends = logs.ends(from);
    double seconds =
        new TopologyRun("pass-through", passing(from, to, passed), settings.masking(group), MAX)
            .seconds(
                streams ->
                    passed.get() >= documents.documents()
                        && logs.hasCommitted(group, from, ends)
                        && logs.isDecided(to));
    logs.delete(to);
    logs.deleteGroup(group);
    return seconds;
  }

  private static Topology passing(Topic<Document> from, Topic<Document> to, AtomicLong passed) {
    ProcessorSupplier<byte[], byte[], byte[], byte[]> counting =
        () ->
            new ContextualProcessor<>() {
              @Override
              public void process(Record<byte[], byte[]> record) {
                context().forward(record);
                passed.incrementAndGet();
              }
            };
    return new Topology()
        .addSource(
            AutoOffsetReset.earliest(),
            "from",
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer(),
            from.name())
        .addProcessor("count", counting, "from")
        .addSink("to", to.name(), new ByteArraySerializer(), new ByteArraySerializer(), "count");
  }

  private Topic<Segment> segments(Dataset dataset) {
    return settings.topics().segments(dataset.getName(), dataset.getPartitions());
  }

  private Topology topology(Dataset dataset, Counters counters) {
    return PackingTopology.build(
        dataset,
        settings.topics(),
        settings.clients(),
        () -> DocumentDecoder.of(dataset, settings.clients()),
        partition -> 0,
        counters);
  }

  private void requireWhole(Dataset dataset, DocumentLog documents) {
    long taken =
        PackerProgress.states(settings.clients(), settings.topics(), dataset).values().stream()
            .map(PackerState::getBooks)
            .mapToLong(Packing::taken)
            .sum();
    if (taken != documents.documents()) {
      throw new IllegalStateException(
          "the books have " + taken + " documents of " + documents.documents());
    }
  }

  private static long taken(Books books) {
    return books.getPacked() + books.getPending();
  }

  private Dataset dataset(String name, InputFormat format, DocumentLog documents) {
    byte[] tokenizer = vocabulary.tokenizerJson();
    return Dataset.newBuilder()
        .setName(name)
        .setTokenizer(ByteBuffer.wrap(tokenizer))
        .setTokenizerSha256(vocabulary.sha256())
        .setVocabularySize(vocabulary.size())
        .setInputFormat(format)
        .setSegmentLength(LENGTH)
        .setPartitions(documents.topic().partitions())
        .setHeldOutPermille(0)
        .setDocumentsTopic(documents.topic().name())
        .setDocumentCharsMax(5_000_000)
        .setDuplicateWindow(100_000)
        .setDeclaredAt(Instant.EPOCH)
        .build();
  }
}
