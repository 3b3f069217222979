package dev.remask.app;

import dev.remask.app.Corpus.Source;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Document;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.Topics;
import dev.remask.topology.BadDocument;
import dev.remask.topology.BadDocument.Reason;
import dev.remask.topology.DeadLetter;
import dev.remask.topology.FlushSignal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Text into the documents topic. What is no document never gets there: it is counted, named, and
 * kept among the dead letters with its reason.
 */
final class Ingest implements AutoCloseable {
  /** Hears of each document that was refused. */
  interface Refusals {
    void refused(Source source, BadDocument reason);
  }

  private static final int UTF8_BYTES_PER_CHAR_MAX = 3;
  private static final long SHOWN_BYTES_MAX = 16 * 1024 * 1024;

  /** The producer takes no less than a request and its lingering. */
  private static final long DELIVERY_MS_MIN = 60_000;

  private static final Duration LOOK = Duration.ofMillis(200);
  private static final Duration CLOSE_MAX = Duration.ofSeconds(5);

  private final Dataset dataset;
  private final String deadLetters;
  private final Producer<byte[], byte[]> producer;
  private final DocumentEncoder encoder;
  private final Map<String, Long> present;
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
  private final Queue<Source> tooLarge = new ConcurrentLinkedQueue<>();
  private final AtomicLong written = new AtomicLong();
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong skipped = new AtomicLong();

  /**
   * Reads what the topic holds of these documents, so that none of it is written again.
   *
   * @param settings with the dataset's
   * @param sources what is going to be fed
   */
  Ingest(Settings settings, Dataset dataset, Collection<Source> sources) {
    Map<String, Object> clients = settings.clients();
    this.dataset = dataset;
    this.deadLetters = settings.topics().deadLetters();
    this.encoder = DocumentEncoder.of(dataset, clients);
    this.present = present(clients, dataset, sources);
    Map<String, Object> config = ClientConfigs.producer(clients);
    config.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topics.RECORD_BYTES_MAX);
    int patience = Math.toIntExact(Math.max(settings.outageMax().toMillis(), DELIVERY_MS_MIN));
    config.putIfAbsent(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, patience);
    config.putIfAbsent(ProducerConfig.MAX_BLOCK_MS_CONFIG, patience);
    this.producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Id to a hash of the newest value. */
  private static Map<String, Long> present(
      Map<String, Object> clients, Dataset dataset, Collection<Source> sources) {
    Set<String> ids = sources.stream().map(Source::id).collect(Collectors.toSet());
    Map<String, Long> present = new HashMap<>();
    LogReader.readRaw(
        clients,
        dataset.getDocumentsTopic(),
        record -> {
          String id = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
          if (ids.contains(id)) {
            if (record.value() == null) {
              present.remove(id);
            } else {
              present.put(id, fingerprint(record.value()));
            }
          }
        });
    return present;
  }

  /** Records that the broker has not answered for yet; any thread. */
  long unanswered() {
    return sent.get() - acknowledged.get();
  }

  /** Records that it has answered for; any thread. */
  long answered() {
    return acknowledged.get();
  }

  private static long fingerprint(byte[] value) {
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(value)).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  long written() {
    return written.get();
  }

  long refused() {
    return refused.get();
  }

  /** Documents that were in the topic already, with the same content. */
  long skipped() {
    return skipped.get();
  }

  /**
   * Writes those documents that are new or changed, evenly over a time.
   *
   * @param stop asked between documents
   */
  void feed(List<Source> sources, Duration over, Refusals refusals, BooleanSupplier stop)
      throws InterruptedException {
    long start = System.nanoTime();
    for (int i = 0; i < sources.size() && !stop.getAsBoolean(); i++) {
      if (write(sources.get(i), refusals)) {
        awaitTime(start + over.toNanos() * written.get() / sources.size(), stop);
      }
    }
  }

  /**
   * Returns when the broker has all of it.
   *
   * @param flush whether the last segments end here
   */
  void finish(boolean flush, Refusals refusals) {
    producer.flush();
    refuseTooLarge(refusals);
    if (flush) {
      FlushSignal.records(dataset.getDocumentsTopic(), dataset.getPartitions()).forEach(this::send);
    }
    producer.flush();
    throwFailure();
  }

  private static void awaitTime(long due, BooleanSupplier stop) throws InterruptedException {
    long early = due - System.nanoTime();
    while (early > 0 && !stop.getAsBoolean()) {
      Thread.sleep(Duration.ofNanos(Math.min(early, LOOK.toNanos())).toMillis());
      early = due - System.nanoTime();
    }
  }

  /** Whether it had to be written. */
  private boolean write(Source source, Refusals refusals) {
    boolean isNew = false;
    try {
      Document document = source.document(text(source, dataset.getDocumentCharsMax()));
      byte[] value = encoder.encode(source.id(), document);
      isNew = !Long.valueOf(fingerprint(value)).equals(present.get(source.id()));
      if (isNew) {
        write(source, new ProducerRecord<>(dataset.getDocumentsTopic(), key(source), value));
      } else {
        skipped.incrementAndGet();
      }
    } catch (BadDocument reason) {
      refuse(source, reason, refusals);
    }
    refuseTooLarge(refusals);
    throwFailure();
    return isNew;
  }

  private void refuse(Source source, BadDocument reason, Refusals refusals) {
    refused.incrementAndGet();
    refusals.refused(source, reason);
    var origin = new DeadLetter.Origin(source.origin(), -1, -1, null);
    send(DeadLetter.of(deadLetters, origin, key(source), received(source), reason));
  }

  /** Those that the broker would not take: of a topic of one's own, it alone knows the limit. */
  private void refuseTooLarge(Refusals refusals) {
    for (Source source = tooLarge.poll(); source != null; source = tooLarge.poll()) {
      written.decrementAndGet();
      refuse(
          source,
          new BadDocument(
              Reason.TOO_LONG,
              source.size() + " bytes, more than the topic's max.message.bytes allows"),
          refusals);
    }
  }

  /** What the dead letter shows; nothing of what is too large to be read whole. */
  private static byte @Nullable [] received(Source source) {
    try {
      return source.size() <= SHOWN_BYTES_MAX ? source.content().read() : null;
    } catch (IOException e) {
      return null;
    }
  }

  private static byte[] key(Source source) {
    return source.id().getBytes(StandardCharsets.UTF_8);
  }

  /** The text of a document, or why there is none; what must be too long is not even read. */
  static String text(Source source, int documentCharsMax) {
    if (source.size() > (long) documentCharsMax * UTF8_BYTES_PER_CHAR_MAX) {
      throw new BadDocument(
          Reason.TOO_LONG,
          source.size() + " bytes, the limit is " + documentCharsMax + " characters");
    }
    byte[] bytes;
    try {
      bytes = source.content().read();
    } catch (IOException e) {
      throw new BadDocument(Reason.UNREADABLE, "cannot be read: " + e.getMessage());
    }
    return text(bytes, documentCharsMax);
  }

  static String text(byte[] bytes, int documentCharsMax) {
    String text = decoded(bytes);
    if (text.isBlank()) {
      throw new BadDocument(Reason.EMPTY, "nothing but white space");
    }
    if (text.length() > documentCharsMax) {
      throw new BadDocument(
          Reason.TOO_LONG, text.length() + " characters, the limit is " + documentCharsMax);
    }
    return text;
  }

  private static String decoded(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes))
          .toString();
    } catch (CharacterCodingException e) {
      throw new BadDocument(Reason.UNREADABLE, "not valid UTF-8");
    }
  }

  private void write(Source source, ProducerRecord<byte[], byte[]> document) {
    written.incrementAndGet();
    send(
        document,
        e -> {
          if (e instanceof RecordTooLargeException) {
            tooLarge.add(source);
          } else {
            failure.compareAndSet(null, e);
          }
        });
  }

  private void send(ProducerRecord<byte[], byte[]> record) {
    send(record, e -> failure.compareAndSet(null, e));
  }

  /** What becomes of it is told by the callback, and thrown by the next write. */
  @SuppressWarnings("FutureReturnValueIgnored")
  private void send(ProducerRecord<byte[], byte[]> record, Consumer<Exception> failed) {
    sent.incrementAndGet();
    producer.send(
        record,
        (metadata, e) -> {
          if (e != null) {
            failed.accept(e);
          }
          acknowledged.incrementAndGet();
        });
  }

  private void throwFailure() {
    Exception e = failure.get();
    if (e != null) {
      throw new IllegalStateException("the broker did not take a document: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    producer.close(CLOSE_MAX);
  }
}
