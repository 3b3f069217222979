package dev.remask.topology;

import dev.remask.mlm.Tokenizer;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Arrival;
import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.Books;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.DocumentIds;
import dev.remask.schemas.PackerState;
import dev.remask.schemas.Segment;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.Topics;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntToLongFunction;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Documents to segments.
 *
 * <pre>
 * documents -> pack (state, recent documents) -> segments   text to learn from
 *                                             -> heldout    text to be measured on
 *                                             -> dead letters (by {@link BadDocumentHandler})
 * </pre>
 *
 * All of it is one exactly-once transaction: state, books, segments, dead letters and the position
 * in the documents are committed together or not at all. That is what makes the sequences dense
 * (invariant 3) and the books balance (invariant 5), whatever is killed.
 */
public final class PackingTopology {
  private static final Logger LOG = LoggerFactory.getLogger(PackingTopology.class);

  static final String SOURCE = "documents";
  static final String PACK = "pack";
  static final String SEGMENTS = "segments";
  static final String HELD_OUT = "heldout";

  /** Partition to {@link PackerState}: one entry. */
  static final String STATE = "packer";

  /** What {@link RecentDocuments} remembers. */
  static final String RECENT = "recent-contents";

  /**
   * Changelogs are compacted only behind their newest log segment: keep that small. The state holds
   * as many ids as a segment.
   */
  private static final Map<String, String> CHANGELOG =
      Map.of(
          TopicConfig.SEGMENT_BYTES_CONFIG, "16777216",
          TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(Topics.RECORD_BYTES_MAX),
          TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");

  private PackingTopology() {}

  /**
   * The packer of one dataset.
   *
   * @param config as {@link AvroSerdes#of} takes it
   * @param decoders makes a decoder per task
   * @param logged how many segments the logs of a partition hold, held out or not; asked where
   *     there is no state. A packer that has lost it would count from 0 again (invariant 3), so it
   *     stops
   * @param counters told what is done
   * @throws ConfigException if the dataset's vocabulary is not what its hash says, its formats are
   *     unknown to this version, or its text is cut by the rules of another platform
   */
  public static Topology build(
      Dataset dataset,
      Topics topics,
      Map<String, ?> config,
      Supplier<DocumentDecoder> decoders,
      IntToLongFunction logged,
      Counters counters) {
    DocumentDecoder.check(dataset);
    Vocabulary vocabulary = vocabulary(dataset);
    // One for all tasks of a stream thread: they meet the same words.
    ThreadLocal<Tokenizer> tokenizers = ThreadLocal.withInitial(() -> new Tokenizer(vocabulary));
    PackingFormat.of(dataset);
    PackingFormat.requireThisPlatform(dataset, vocabulary);
    int partitions = dataset.getPartitions();
    Serializer<Segment> segment = AvroSerdes.of(Segment.class, config).serializer();
    Topology topology =
        new Topology()
            .addSource(
                AutoOffsetReset.earliest(),
                SOURCE,
                // Time plays no part here, so a document without a valid one is no reason to stop.
                // Nor is one from the future: all that is written here, changelogs and dead letters
                // included, takes the broker's time, where it would refuse the document's.
                (record, partitionTime) -> Math.max(0, record.timestamp()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer(),
                dataset.getDocumentsTopic())
            .addProcessor(
                PACK,
                () -> new PackProcessor(dataset, tokenizers::get, decoders.get(), logged, counters),
                SOURCE)
            .addSink(
                SEGMENTS,
                topics.segments(dataset.getName(), partitions).name(),
                SequenceKeys.SERIALIZER,
                segment,
                SequenceKeys.partitioner(),
                PACK)
            .addSink(
                HELD_OUT,
                topics.heldOut(dataset.getName(), partitions).name(),
                SequenceKeys.SERIALIZER,
                segment,
                SequenceKeys.partitioner(),
                PACK);
    stores().forEach(store -> topology.addStateStore(store, PACK));
    return topology;
  }

  /**
   * The changelogs of a dataset's packer, which Kafka Streams makes and names: all of them, and no
   * other topic, whatever datasets are called.
   */
  public static List<String> changelogs(Topics topics, String dataset) {
    return stores().stream().map(store -> changelog(topics, dataset, store.name())).toList();
  }

  /** Kafka Streams names it so: application id, store, "changelog". */
  static String changelog(Topics topics, String dataset, String store) {
    return topics.packerId(dataset) + "-" + store + "-changelog";
  }

  static List<StoreBuilder<? extends KeyValueStore<?, ?>>> stores() {
    return List.of(
        // Without the cache every document would write it to the changelog, not every commit.
        store(STATE, Serdes.Integer(), AvroBinarySerde.of(PackerState.class)).withCachingEnabled(),
        // It has a key for each document: a cache would spare nothing.
        store(RECENT, Serdes.ByteArray(), Serdes.ByteArray()));
  }

  private static Vocabulary vocabulary(Dataset dataset) {
    byte[] tokenizer = bytes(dataset.getTokenizer());
    String hash = HexFormat.of().formatHex(sha256().digest(tokenizer));
    if (!hash.equals(dataset.getTokenizerSha256())) {
      throw new ConfigException(
          "dataset.name",
          dataset.getName(),
          "its vocabulary must have SHA-256 %s, but it has %s"
              .formatted(dataset.getTokenizerSha256(), hash));
    }
    Vocabulary vocabulary = Vocabulary.parse(tokenizer);
    if (vocabulary.size() != dataset.getVocabularySize()) {
      throw new ConfigException(
          "dataset.name",
          dataset.getName(),
          "its vocabulary must have %d entries, but it has %d"
              .formatted(dataset.getVocabularySize(), vocabulary.size()));
    }
    return vocabulary;
  }

  private static <K, V> StoreBuilder<KeyValueStore<K, V>> store(
      String name, Serde<K> keys, Serde<V> values) {
    return Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(name), keys, values)
        .withLoggingEnabled(CHANGELOG);
  }

  static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  /** Loads, calls, stores, forwards; each record once, whatever the group's offsets say. */
  static final class PackProcessor implements Processor<byte[], byte[], SequenceKey, Segment> {
    private final Dataset dataset;
    private final Supplier<Tokenizer> tokenizers;
    private final DocumentDecoder decoder;
    private final IntToLongFunction logged;
    private final Counters counters;
    private final MessageDigest sha256 = sha256();

    // Set by init.
    @SuppressWarnings("NullAway.Init")
    private ProcessorContext<SequenceKey, Segment> context;

    @SuppressWarnings("NullAway.Init")
    private KeyValueStore<Integer, PackerState> states;

    @SuppressWarnings("NullAway.Init")
    private RecentDocuments recent;

    @SuppressWarnings("NullAway.Init")
    private PartitionPacker packer;

    /** What the store holds; null where it has not been read since {@link #init}. */
    private @Nullable PackerState latest;

    private boolean dropping;

    PackProcessor(
        Dataset dataset,
        Supplier<Tokenizer> tokenizers,
        DocumentDecoder decoder,
        IntToLongFunction logged,
        Counters counters) {
      this.dataset = dataset;
      this.tokenizers = tokenizers;
      this.decoder = decoder;
      this.logged = logged;
      this.counters = counters;
    }

    @Override
    public void init(ProcessorContext<SequenceKey, Segment> context) {
      this.context = context;
      states = context.getStateStore(STATE);
      recent =
          new RecentDocuments(
              // No two records have one place.
              dataset.getDocumentIds() == DocumentIds.PLACE ? 0 : dataset.getDuplicateWindow(),
              context.getStateStore(RECENT));
      latest = null; // What was put and not committed may be undone between two calls of this.
      packer = new PartitionPacker(dataset, partition(), tokenizers.get());
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      PackerState before = latest == null ? stored() : latest;
      long offset = context.recordMetadata().orElseThrow().offset();
      if (offset < before.getNextOffset()) {
        dropRepeat(offset, before.getNextOffset());
        return;
      }
      PackerState state =
          new PackerState(before.getTraining(), before.getHeldOut(), before.getBooks(), offset + 1);
      if (FlushSignal.is(record.value(), record.headers())) {
        finish(packer.flush(state), record);
        return;
      }
      counters.document();
      long ordinal = state.getBooks().getDocuments();
      try {
        if (record.value() == null) {
          finish(tombstone(state, ordinal, record.key()), record);
        } else {
          finish(document(state, ordinal, offset, record), record);
        }
      } catch (BadDocument e) {
        // Counted here, written by the BadDocumentHandler: one transaction (invariant 5).
        recent.pass(ordinal);
        finish(books(state, Bookkeeping.deadLetter(state.getBooks())), record);
        throw e;
      }
    }

    private PackerState stored() {
      PackerState stored = states.get(partition());
      return stored == null ? first() : stored;
    }

    private PackerState first() {
      long segments = logged.applyAsLong(partition());
      if (segments > 0) {
        throw new IllegalStateException(
            "partition %d of dataset %s has %d segments, but the packer's state is gone: the changelogs of %s were deleted. Declare another dataset to pack the documents again"
                .formatted(partition(), dataset.getName(), segments, context.applicationId()));
      }
      return PartitionPacker.EMPTY;
    }

    /**
     * The group's offsets can be lost or reset; the state, which counts (invariants 3 and 5), tells
     * what is packed.
     */
    private void dropRepeat(long offset, long nextOffset) {
      if (!dropping) {
        LOG.warn(
            "{}-{}: what lies between offsets {} and {} is packed already and is dropped",
            dataset.getDocumentsTopic(),
            partition(),
            offset,
            nextOffset);
        dropping = true;
      }
    }

    private PartitionPacker.Step tombstone(PackerState state, long ordinal, byte @Nullable [] key) {
      // Elsewhere than in the key there is no id that it could name.
      byte[] id = dataset.getDocumentIds() == DocumentIds.KEY ? key : null;
      recent.forget(ordinal, id);
      PackerState left =
          id == null ? state : packer.forget(state, new String(id, StandardCharsets.UTF_8));
      return books(left, Bookkeeping.tombstone(state.getBooks()));
    }

    private PartitionPacker.Step document(
        PackerState state, long ordinal, long offset, Record<byte[], byte[]> record) {
      DocumentDecoder.Decoded document = decoder.decode(received(record, offset));
      byte[] id = document.id().getBytes(StandardCharsets.UTF_8);
      byte[] content = sha256.digest(document.text().getBytes(StandardCharsets.UTF_8));
      PartitionPacker.Step step =
          switch (recent.standing(id, content)) {
            case NEW -> packer.pack(state, document);
            case UPDATE -> packer.pack(with(state, Bookkeeping.update(state.getBooks())), document);
            case DUPLICATE -> books(state, Bookkeeping.duplicate(state.getBooks()));
          };
      recent.remember(ordinal, id, content);
      return step;
    }

    private ConsumerRecord<byte[], byte[]> received(Record<byte[], byte[]> record, long offset) {
      return new ConsumerRecord<>(
          dataset.getDocumentsTopic(),
          partition(),
          offset,
          record.timestamp(),
          TimestampType.NO_TIMESTAMP_TYPE,
          ConsumerRecord.NULL_SIZE,
          ConsumerRecord.NULL_SIZE,
          record.key(),
          record.value(),
          record.headers(),
          Optional.empty());
    }

    private static PartitionPacker.Step books(PackerState state, Books books) {
      return new PartitionPacker.Step(with(state, books), List.of(), List.of());
    }

    private static PackerState with(PackerState state, Books books) {
      return new PackerState(state.getTraining(), state.getHeldOut(), books, state.getNextOffset());
    }

    private void finish(PartitionPacker.Step step, Record<byte[], byte[]> record) {
      latest = step.state();
      states.put(partition(), latest);
      step.training().forEach(segment -> forward(segment, record, SEGMENTS));
      step.heldOut().forEach(segment -> forward(segment, record, HELD_OUT));
    }

    /** A segment has none of the headers of the record that filled it, but says when it came. */
    private void forward(Segment segment, Record<byte[], byte[]> record, String sink) {
      SequenceKey key = new SequenceKey(segment.getPartition(), segment.getSequence());
      context.forward(
          new Record<>(key, segment, record.timestamp(), Arrival.headers(record.timestamp())),
          sink);
      counters.segment();
    }

    private int partition() {
      return context.taskId().partition();
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
