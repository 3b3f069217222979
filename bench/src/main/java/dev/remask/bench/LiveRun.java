package dev.remask.bench;

import dev.remask.mlm.Tokenizer;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.Document;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.Topic;
import dev.remask.schemas.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A dataset and a run of it that {@code remask stream} works on, in a process of its own with the
 * settings that it is shipped with; nobody trains.
 *
 * <p>Each document is one sentence of more than half a segment, so two never share a segment: the
 * n-th of a partition completes the segment with sequence n - 1, counted from 0, and waits in the
 * next one itself.
 */
final class LiveRun implements AutoCloseable {
  private static final String NAME = "bench";
  private static final Pattern WORD = Pattern.compile("[A-Za-z]+");
  private static final Duration EXAMPLE_MAX = Duration.ofSeconds(60);

  private final Stack stack;
  private final Topics topics = new Topics("remask.");
  private final Dataset dataset;
  private final List<String> sentences;
  private final Producer<byte[], Document> producer;
  private final Consumer<byte[], byte[]> live;
  private final long[] sent;

  LiveRun(Setup setup) throws IOException, InterruptedException {
    EnglishText text = EnglishText.read(setup.corpora());
    Vocabulary vocabulary = Vocabulary.learn(text.documents(), VocabularyBenchmark.SIZE);
    stack = new Stack(setup.program());
    try {
      dataset = declare(vocabulary);
      sentences = sentences(text, new Tokenizer(vocabulary), dataset.getSegmentLength());
      sent = new long[dataset.getPartitions()];
      makeTopics();
      stack.start("stream", "--set", "dataset.name=" + NAME, "--set", "run.name=" + NAME);
      producer =
          new KafkaProducer<>(
              ClientConfigs.producer(stack.clients()),
              new ByteArraySerializer(),
              AvroSerdes.of(Document.class, stack.clients()).serializer());
      live = reader(topics.live(NAME, sent.length));
    } catch (IOException | InterruptedException | RuntimeException e) {
      stack.close();
      throw e;
    }
  }

  /** No document is held out: each shall be seen. */
  private Dataset declare(Vocabulary vocabulary) throws IOException, InterruptedException {
    Path file = stack.folder().resolve("tokenizer.json");
    Files.write(file, vocabulary.tokenizerJson());
    stack.run(
        "dataset",
        "--vocab",
        file.toString(),
        "--set",
        "dataset.name=" + NAME,
        "--set",
        "heldout.permille=0");
    return Datasets.find(stack.clients(), topics, NAME).orElseThrow();
  }

  /** The stream would make them, but what reads them is here before. */
  private void makeTopics() {
    try (Logs logs = new Logs(stack.clients())) {
      logs.make(topics.live(NAME, partitions()));
      logs.make(topics.examples(NAME, partitions()));
    }
  }

  /**
   * Sentences of more than half a segment and at most a whole one: words of the text, without what
   * could end a sentence.
   */
  static List<String> sentences(EnglishText text, Tokenizer tokenizer, int segmentLength) {
    List<String> sentences = new ArrayList<>();
    StringBuilder words = new StringBuilder();
    int tokens = 0;
    for (String document : text.documents()) {
      Matcher found = WORD.matcher(document);
      while (found.find()) {
        String word = " " + found.group().toLowerCase(Locale.ROOT);
        words.append(word);
        tokens += tokenizer.encode(word).length;
        if (tokens > segmentLength * 3 / 4) {
          sentences.add(words.substring(1));
          words.setLength(0);
          tokens = 0;
        }
      }
    }
    return sentences;
  }

  Map<String, Object> clients() {
    return stack.clients();
  }

  Topics topics() {
    return topics;
  }

  Dataset dataset() {
    return dataset;
  }

  String name() {
    return NAME;
  }

  int partitions() {
    return sent.length;
  }

  /** Sends the next document of a partition. */
  void send(int partition) {
    long n = sent[partition]++;
    String id = partition + "-" + n;
    int i = (int) ((n * sent.length + partition) % sentences.size());
    Future<RecordMetadata> unused =
        producer.send(
            new ProducerRecord<>(
                dataset.getDocumentsTopic(),
                partition,
                id.getBytes(StandardCharsets.UTF_8),
                Document.newBuilder().setText(sentences.get(i)).build()));
  }

  /** Sends a number of documents to every partition, each once the one before is an example. */
  void warmUp(int each) {
    for (int p = 0; p < partitions(); p++) {
      send(p);
    }
    for (int i = 0; i < each; i++) {
      for (int p = 0; p < partitions(); p++) {
        send(p);
        long unused = awaitExample(p);
      }
    }
  }

  /**
   * Waits for the example of the segment that the last document of a partition has completed, and
   * for no other: light load means that nothing else is under way.
   *
   * @return its sequence
   */
  long awaitExample(int partition) {
    SequenceKey expected = new SequenceKey(partition, sent[partition] - 2);
    SequenceKey next = next(live);
    if (!next.equals(expected)) {
      throw new IllegalStateException("the live lane has " + next + " instead of " + expected);
    }
    return next.sequence();
  }

  /** The key of the next committed record, waited for. */
  SequenceKey next(Consumer<byte[], byte[]> reader) {
    long deadline = System.nanoTime() + EXAMPLE_MAX.toNanos();
    while (System.nanoTime() < deadline) {
      ConsumerRecords<byte[], byte[]> records = reader.poll(Duration.ofMillis(100));
      if (!records.isEmpty()) {
        return SequenceKey.decode(records.iterator().next().key());
      }
    }
    throw new IllegalStateException(
        "no example within %d s; the stream said: %s"
            .formatted(EXAMPLE_MAX.toSeconds(), stack.said("stream")));
  }

  /** Reads one by one what is committed to a topic from its present end on. */
  Consumer<byte[], byte[]> reader(Topic<MaskedExample> topic) {
    Map<String, Object> config = ClientConfigs.logReader(stack.clients());
    config.remove(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG);
    config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    KafkaConsumer<byte[], byte[]> reader = new KafkaConsumer<>(config, bytes, bytes);
    reader.assign(
        IntStream.range(0, topic.partitions())
            .mapToObj(p -> new TopicPartition(topic.name(), p))
            .toList());
    toEnd(reader);
    return reader;
  }

  /** Passes over what is there. */
  static void toEnd(Consumer<byte[], byte[]> reader) {
    reader.seekToEnd(reader.assignment());
    reader.assignment().forEach(reader::position); // It seeks when it is asked where it is.
  }

  @Override
  public void close() {
    try (stack;
        producer;
        live) {
      // Clients first: they have nobody to wait for while the broker is there.
    }
  }
}
