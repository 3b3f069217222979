package dev.remask.app;

import dev.remask.app.Letter.Origin;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.RecordReader;
import dev.remask.topology.BadDocument;
import dev.remask.topology.BadDocument.Reason;
import dev.remask.topology.DeadLetter;
import dev.remask.topology.DocumentDecoder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes what became a dead letter to its documents topic once more, whole, as it stands at its
 * origin. One transaction holds the document and a record among the dead letters that says so;
 * whoever begins fences the one before and reads what was decided, so no record of a topic is sent
 * back twice unless that is asked for. Good for one pass. What {@code ingest} refused is written
 * before the transaction, as ingest writes: of two senders at the same moment each may write it,
 * and the packer drops the second as a duplicate.
 */
final class SendBack implements AutoCloseable {
  /** What becomes of a dead letter. */
  enum Fate {
    /** Written once more, or in its topic meanwhile. */
    SENT,
    /** Was sent back before. */
    ALREADY,
    /** Would become a dead letter again. */
    STILL_BAD,
    /** Its original is not there any more, or another stands in its place. */
    GONE,
    /** No dataset reads the topic. */
    NO_DATASET
  }

  /**
   * What becomes of one.
   *
   * @param why for people; empty where the fate says it all
   */
  record Outcome(Letter letter, Fate fate, String why) {}

  /** An outcome before it is one. */
  private record Prepared(Outcome outcome, @Nullable ConsumerRecord<byte[], byte[]> original) {
    Prepared(Letter letter, Fate fate, String why) {
      this(new Outcome(letter, fate, why), null);
    }

    /** Of what was refused meanwhile, by the letters' offsets. */
    Prepared after(Map<Long, String> refused) {
      String why = refused.get(outcome.letter.offset());
      return why == null ? this : new Prepared(outcome.letter, Fate.STILL_BAD, why);
    }

    int bytes() {
      return original == null ? 0 : Math.max(0, original.serializedValueSize());
    }
  }

  private static final int AT_ONCE = 100;
  private static final long BYTES_AT_ONCE = 32 << 20;
  private static final int TRANSACTION_MS = 60_000;

  private final Settings settings;
  private final Map<String, List<Dataset>> datasets = new HashMap<>();
  private final Map<String, DocumentDecoder> decoders = new HashMap<>();
  private final Reread files;
  private final boolean force;
  private final String deadLetters;
  private final long bytesAtOnce;
  private final RecordReader originals;

  /**
   * @param files closed with this
   * @param force also what was sent back before, and what would be refused again
   */
  SendBack(Settings settings, Collection<Dataset> datasets, Reread files, boolean force) {
    this(settings, datasets, files, force, BYTES_AT_ONCE);
  }

  /**
   * @param bytesAtOnce a transaction that has as many takes no further record
   */
  SendBack(
      Settings settings,
      Collection<Dataset> datasets,
      Reread files,
      boolean force,
      long bytesAtOnce) {
    this.settings = settings;
    this.files = files;
    this.force = force;
    this.deadLetters = settings.topics().deadLetters();
    this.bytesAtOnce = bytesAtOnce;
    for (Dataset dataset : datasets) {
      this.datasets
          .computeIfAbsent(dataset.getDocumentsTopic(), topic -> new ArrayList<>())
          .add(dataset);
      decoders.put(dataset.getName(), DocumentDecoder.of(dataset, settings.clients()));
    }
    this.originals = new RecordReader(settings.clients());
  }

  /** What would become of those that are wanted; writes nothing. */
  List<Outcome> preview(Predicate<Letter> wanted) {
    Letters letters = Letters.read(settings.clients(), deadLetters);
    Letters done = force ? Letters.none() : letters;
    List<Outcome> outcomes = new ArrayList<>();
    for (Letter letter : letters.all()) {
      if (wanted.test(letter)) {
        Outcome outcome =
            letter.origin().isFile() ? ofFile(letter, done, true) : prepare(letter, done).outcome;
        outcomes.add(outcome);
        if (outcome.fate == Fate.SENT) {
          done.sentBack().put(letter.origin(), Long.MAX_VALUE);
        }
      }
    }
    return outcomes;
  }

  /** Sends those that are wanted. */
  List<Outcome> send(Predicate<Letter> wanted) {
    Map<String, Object> config = ClientConfigs.producer(settings.clients());
    config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, settings.topics().deadLettersId());
    config.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_MS);
    var bytes = new ByteArraySerializer();
    try (Producer<byte[], byte[]> producer = new KafkaProducer<>(config, bytes, bytes)) {
      producer.initTransactions();
      Letters letters = Letters.readDecided(settings.clients(), deadLetters);
      Letters done = force ? Letters.none() : letters;
      Queue<Letter> left = new ArrayDeque<>(letters.all().stream().filter(wanted).toList());
      List<Outcome> outcomes = new ArrayList<>();
      while (!left.isEmpty()) {
        outcomes.addAll(send(producer, left, done));
      }
      return outcomes;
    }
  }

  /** As many as a transaction may hold, from the front of the queue. */
  private List<Outcome> send(
      Producer<byte[], byte[]> producer, Queue<Letter> letters, Letters done) {
    List<Prepared> batch = new ArrayList<>();
    long bytes = 0;
    while (!letters.isEmpty() && batch.size() < AT_ONCE && bytes < bytesAtOnce) {
      Letter letter = letters.remove();
      Prepared prepared =
          letter.origin().isFile()
              ? new Prepared(ofFile(letter, done, false), null)
              : prepare(letter, done);
      batch.add(prepared);
      bytes += prepared.bytes();
      if (prepared.outcome.fate == Fate.SENT) {
        done.sentBack().put(letter.origin(), Long.MAX_VALUE);
      }
    }
    Map<Long, String> refused = files.flush();
    List<Prepared> decided = batch.stream().map(prepared -> prepared.after(refused)).toList();
    for (Prepared prepared : decided) {
      Letter letter = prepared.outcome.letter;
      if (refused.containsKey(letter.offset())) {
        done.sentBack().remove(letter.origin());
      }
    }
    write(producer, records(decided));
    return decided.stream().map(prepared -> prepared.outcome).toList();
  }

  /** The originals, and what says that they are sent back. */
  private List<ProducerRecord<byte[], byte[]>> records(List<Prepared> batch) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (Prepared prepared : batch) {
      if (prepared.outcome.fate == Fate.SENT) {
        ConsumerRecord<byte[], byte[]> original = prepared.original;
        if (original != null) {
          records.add(again(original));
        }
        records.add(marker(prepared.outcome.letter));
      }
    }
    return records;
  }

  private static ProducerRecord<byte[], byte[]> again(ConsumerRecord<byte[], byte[]> original) {
    return new ProducerRecord<>(
        original.topic(),
        original.partition(),
        null,
        original.key(),
        original.value(),
        original.headers());
  }

  private ProducerRecord<byte[], byte[]> marker(Letter letter) {
    Origin origin = letter.origin();
    return DeadLetter.sentBack(
        deadLetters,
        new DeadLetter.Origin(origin.topic(), origin.partition(), origin.offset(), null),
        letter.key());
  }

  private static void write(
      Producer<byte[], byte[]> producer, List<ProducerRecord<byte[], byte[]>> records) {
    if (records.isEmpty()) {
      return;
    }
    try {
      producer.beginTransaction();
      List<Future<?>> sent = new ArrayList<>();
      for (ProducerRecord<byte[], byte[]> record : records) {
        sent.add(producer.send(record));
      }
      producer.flush();
      for (Future<?> one : sent) {
        one.get();
      }
      producer.commitTransaction();
    } catch (ExecutionException e) {
      abort(producer, e);
      throw new Failure(nothingOf(records, e.getCause()), e);
    } catch (ProducerFencedException | InvalidProducerEpochException e) {
      throw new Failure(nothingOf(records, e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static String nothingOf(List<?> records, @Nullable Throwable why) {
    boolean fenced =
        why instanceof ProducerFencedException || why instanceof InvalidProducerEpochException;
    return "nothing of these "
        + records.size()
        + " records was sent: "
        + (fenced ? "somebody else began to send back; what is left, another start sends" : why);
  }

  /** One that was fenced has nothing left to abort. */
  private static void abort(Producer<byte[], byte[]> producer, Exception why) {
    try {
      producer.abortTransaction();
    } catch (KafkaException e) {
      why.addSuppressed(e);
    }
  }

  private Prepared prepare(Letter letter, Letters done) {
    List<Dataset> readers = datasets.getOrDefault(letter.documents(), List.of());
    if (readers.isEmpty()) {
      return new Prepared(letter, Fate.NO_DATASET, "no dataset reads " + letter.documents());
    }
    if (done.wasSentBack(letter)) {
      return new Prepared(letter, Fate.ALREADY, "");
    }
    if (!letter.documents().equals(letter.origin().topic())) {
      return new Prepared(letter, Fate.GONE, "names two topics, and cannot be of both");
    }
    Origin origin = letter.origin();
    Optional<ConsumerRecord<byte[], byte[]>> original =
        originals.at(origin.topic(), origin.partition(), origin.offset());
    if (original.isEmpty() || !letter.isOf(original.get())) {
      return new Prepared(
          letter,
          Fate.GONE,
          letter.documents() + (original.isEmpty() ? " keeps it no more" : " has another there"));
    }
    if (!force) {
      Optional<String> refusal = refusal(readers, original.get());
      if (refusal.isPresent()) {
        return new Prepared(letter, Fate.STILL_BAD, refusal.get());
      }
    }
    return new Prepared(new Outcome(letter, Fate.SENT, ""), original.get());
  }

  /** Why none of the datasets would take it; empty if one would. */
  private Optional<String> refusal(List<Dataset> readers, ConsumerRecord<byte[], byte[]> record) {
    String refusal = "";
    for (Dataset dataset : readers) {
      try {
        DocumentDecoder decoder = decoders.get(dataset.getName());
        if (decoder != null && record.value() != null) {
          String unused =
              Content.checked(decoder.decode(record).text(), dataset.getDocumentCharsMax());
        }
        return Optional.empty();
      } catch (BadDocument e) {
        refusal = said(e);
      }
    }
    return Optional.of(refusal);
  }

  static String said(BadDocument bad) {
    Reason reason = bad.reason();
    return reason.code() + ", " + bad.getMessage();
  }

  private Outcome ofFile(Letter letter, Letters done, boolean preview) {
    List<Dataset> readers = datasets.getOrDefault(letter.documents(), List.of());
    if (readers.isEmpty()) {
      return new Outcome(letter, Fate.NO_DATASET, "no dataset reads " + letter.documents());
    }
    return done.wasSentBack(letter)
        ? new Outcome(letter, Fate.ALREADY, "")
        : files.again(letter, readers.get(0), preview);
  }

  @Override
  public void close() {
    originals.close();
    files.close();
  }
}
