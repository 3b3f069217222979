package dev.remask.app;

import dev.remask.app.Console.Style;
import dev.remask.app.Corpus.Source;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Document;
import dev.remask.schemas.LogReader;
import dev.remask.topology.BadDocument;
import dev.remask.topology.BadDocument.Reason;
import dev.remask.topology.DeadLetter;
import dev.remask.topology.FlushSignal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
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

    /** Names them to people; of many, the first. */
    static Refusals to(Console console) {
      AtomicLong told = new AtomicLong();
      return (source, bad) -> {
        long before = told.getAndIncrement();
        if (before < TOLD_MAX) {
          String line = source.id() + ": " + bad.reason().code() + ", " + bad.getMessage();
          console.part("refused", console.in(Style.YELLOW, line));
        } else if (before == TOLD_MAX) {
          console.part("refused", "more; they are counted, and 'remask dead-letters' shows them");
        }
      };
    }
  }

  private record TooLarge(Source source, int bytes) {}

  private static final long TOLD_MAX = 50;

  /** Of the heap, for what the topic holds: 16 bytes a document, and room for it to grow. */
  private static final int HEAP_SHARE = 12;

  private static final int REFUSALS_MAX = 1 << 20;

  /** The producer takes no less than a request and its lingering. */
  private static final long DELIVERY_MS_MIN = 60_000;

  private static final Duration LOOK = Duration.ofMillis(200);
  private static final Duration CLOSE_MAX = Duration.ofSeconds(5);

  private final Dataset dataset;
  private final String deadLetters;
  private final Producer<byte[], byte[]> producer;
  private final DocumentEncoder encoder;
  private final Fingerprints present = new Fingerprints(documentsMax());
  private final Fingerprints refusedBefore = new Fingerprints(REFUSALS_MAX);
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
  private final Queue<TooLarge> tooLarge = new ConcurrentLinkedQueue<>();
  private final AtomicLong written = new AtomicLong();
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong skipped = new AtomicLong();
  private volatile double share;

  /**
   * Reads what the topic and the dead letters hold, so that none of it is written again.
   *
   * @param settings with the dataset's
   */
  Ingest(Settings settings, Dataset dataset) {
    Map<String, Object> clients = settings.clients();
    this.dataset = dataset;
    this.deadLetters = settings.topics().deadLetters();
    this.encoder = DocumentEncoder.of(dataset, clients);
    LogReader.readRaw(clients, dataset.getDocumentsTopic(), this::remember);
    LogReader.readRaw(clients, deadLetters, this::rememberRefusal);
    Map<String, Object> config = ClientConfigs.producer(clients);
    int patience = Math.toIntExact(Math.max(settings.outageMax().toMillis(), DELIVERY_MS_MIN));
    config.putIfAbsent(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, patience);
    config.putIfAbsent(ProducerConfig.MAX_BLOCK_MS_CONFIG, patience);
    this.producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private static int documentsMax() {
    return (int) Math.min(1 << 28, Runtime.getRuntime().maxMemory() / HEAP_SHARE / 16);
  }

  private void remember(ConsumerRecord<byte[], byte[]> record) {
    if (record.key() != null) {
      long value = record.value() == null ? 0 : Fingerprints.of(record.value());
      remember(Fingerprints.of(record.key()), value);
    }
  }

  private void remember(long key, long value) {
    if (!present.put(key, value)) {
      throw new Failure(
          dataset.getDocumentsTopic()
              + " holds more than the "
              + present.size()
              + " documents that can be told apart in this heap; give it more: REMASK_HEAP",
          null);
    }
  }

  /** Those of ingest: a text that is fed again is not refused once more. */
  private void rememberRefusal(ConsumerRecord<byte[], byte[]> letter) {
    Header topic = letter.headers().lastHeader(DeadLetter.DOCUMENTS);
    if (topic != null) {
      refusedBefore.put(refusal(letter.headers(), letter.key(), letter.value()), 1);
    }
  }

  /** What makes two refusals the same: what, whence, whither and why. */
  private static long refusal(Headers headers, byte @Nullable [] key, byte @Nullable [] value) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (String name :
        List.of(DeadLetter.DOCUMENTS, DeadLetter.MESSAGE, DeadLetter.TOPIC, DeadLetter.OFFSET)) {
      Header header = headers.lastHeader(name);
      all.writeBytes(Fingerprints.sha256(header == null ? new byte[0] : header.value()));
    }
    all.writeBytes(Fingerprints.sha256(key == null ? new byte[0] : key));
    all.writeBytes(value == null ? new byte[0] : value);
    return Fingerprints.of(all.toByteArray());
  }

  /** Records that the broker has not answered for yet; any thread. */
  long unanswered() {
    return sent.get() - acknowledged.get();
  }

  /** Records that it has answered for; any thread. */
  long answered() {
    return acknowledged.get();
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

  /** How much of all is behind, from 0 to 1; NaN where nobody knows; any thread. */
  double share() {
    return share;
  }

  /**
   * Writes those documents that are new or changed.
   *
   * @param stop asked between documents
   */
  void feed(Sources sources, Pace pace, Refusals refusals, BooleanSupplier stop)
      throws InterruptedException {
    long start = System.nanoTime();
    long already = written.get();
    double due = 0;
    double seen = 0;
    for (Source source = sources.next();
        source != null && !stop.getAsBoolean();
        source = sources.next()) {
      boolean isNew = write(source, refusals);
      share = sources.share();
      if (isNew) {
        due += share - seen;
        awaitTime(start + (long) pace.due(written.get() - already, due), stop);
      }
      seen = share;
    }
  }

  /**
   * Returns when the broker has all of it.
   *
   * @param flush whether the last segments end here
   */
  void finish(boolean flush, Refusals refusals) {
    producer.flush();
    throwFailure();
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

  /**
   * Writes it if it is new or changed.
   *
   * @return whether it was
   */
  boolean write(Source source, Refusals refusals) {
    boolean isNew = false;
    try {
      Document document = source.document(text(source, dataset.getDocumentCharsMax()));
      byte[] value = encoder.encode(source.id(), document);
      long fingerprint = Fingerprints.of(value);
      long key = Fingerprints.of(key(source));
      isNew = present.get(key) != fingerprint;
      if (isNew) {
        remember(key, fingerprint);
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
    var origin = new DeadLetter.Origin(source.place().name(), -1, source.place().line(), null);
    ProducerRecord<byte[], byte[]> letter =
        DeadLetter.of(deadLetters, origin, key(source), head(source), reason);
    letter.headers().add(DeadLetter.DOCUMENTS, utf8(dataset.getDocumentsTopic()));
    long refusal = refusal(letter.headers(), letter.key(), letter.value());
    if (refusedBefore.get(refusal) == 0) {
      boolean unused = refusedBefore.put(refusal, 1);
      send(letter);
    }
  }

  /** Those that the broker would not take: of a topic of one's own, it alone knows the limit. */
  private void refuseTooLarge(Refusals refusals) {
    for (TooLarge one = tooLarge.poll(); one != null; one = tooLarge.poll()) {
      written.decrementAndGet();
      boolean unused = present.put(Fingerprints.of(key(one.source)), 0);
      refuse(
          one.source,
          new BadDocument(
              Reason.TOO_LONG,
              one.bytes + " bytes, more than the topic's max.message.bytes allows"),
          refusals);
    }
  }

  private static byte @Nullable [] head(Source source) {
    try {
      return source.content().head();
    } catch (IOException e) {
      return null;
    }
  }

  private static byte[] key(Source source) {
    return utf8(source.id());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The text of a document, or why there is none. */
  static String text(Source source, int documentCharsMax) {
    try {
      return source.content().text(documentCharsMax);
    } catch (IOException e) {
      throw Reading.unreadable("cannot be read", e);
    }
  }

  private void write(Source source, ProducerRecord<byte[], byte[]> document) {
    written.incrementAndGet();
    send(
        document,
        e -> {
          if (e instanceof RecordTooLargeException) {
            tooLarge.add(new TooLarge(source, document.value().length));
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
