package dev.remask.bench;

import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Document;
import dev.remask.schemas.InputFormat;
import dev.remask.schemas.Replication;
import dev.remask.schemas.Topic;
import dev.remask.schemas.Topics;
import dev.remask.topology.StreamSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Packs a log of documents in a process of its own that has a heap of 512 MB. */
final class SmallHeap {
  private static final String HEAP = "-Xmx512m";

  private SmallHeap() {}

  /** Settings of a packer with one thread, as shipped. */
  static StreamSettings settings(Map<String, Object> clients, Path folder) {
    return new StreamSettings(
        clients,
        new Topics("remask."),
        folder.resolve("streams"),
        1,
        StreamSettings.COMMIT_INTERVAL_MS,
        Long.MAX_VALUE,
        Replication.ONE,
        Duration.ofMinutes(1));
  }

  /** Megabytes a second; ends badly if the heap does not do. */
  static double rate(Stack stack, Vocabulary vocabulary, DocumentLog documents) throws Exception {
    Path file = stack.folder().resolve("small-heap.json");
    Files.write(file, vocabulary.tokenizerJson());
    String rate =
        PeakMemory.output(
            SmallHeap.class,
            List.of(HEAP, "-Dorg.slf4j.simpleLogger.defaultLogLevel=off"),
            String.valueOf(stack.clients().get("bootstrap.servers")),
            String.valueOf(stack.clients().get("schema.registry.url")),
            stack.folder().toString(),
            file.toString(),
            documents.topic().name(),
            Integer.toString(documents.topic().partitions()),
            Long.toString(documents.documents()),
            Long.toString(documents.bytes()));
    return Double.parseDouble(rate);
  }

  /** The process. */
  public static void main(String[] arguments) throws Exception {
    Map<String, Object> clients =
        Map.of("bootstrap.servers", arguments[0], "schema.registry.url", arguments[1]);
    StreamSettings settings = settings(clients, Path.of(arguments[2], "small-heap"));
    Vocabulary vocabulary = Vocabulary.parse(Files.readAllBytes(Path.of(arguments[3])));
    int partitions = Integer.parseInt(arguments[5]);
    Topic<Document> all = settings.topics().documents(partitions);
    DocumentLog documents =
        new DocumentLog(
            new Topic<>(arguments[4], all.valueType(), partitions, all.config(), all.required()),
            Long.parseLong(arguments[6]),
            Long.parseLong(arguments[7]));
    try (Logs logs = new Logs(clients)) {
      System.out.println(
          new Packing(logs, settings, vocabulary, "small-heap")
              .rate(documents, InputFormat.FULL_SENTENCES));
    }
  }
}
