package dev.remask.app;

import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.Replication;
import dev.remask.schemas.Topics;
import dev.remask.topology.Counters;
import dev.remask.topology.DocumentDecoder;
import dev.remask.topology.PackingTopology;
import dev.remask.topology.StreamSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;

/**
 * The control: the packer as the product has it, but for the guarantee, which the product does not
 * let anyone change. A {@link StreamChild} by its arguments and its end.
 */
final class AtLeastOncePacker {
  /** A kill hits between two commits. */
  private static final int COMMIT_MS = 2_000;

  private AtLeastOncePacker() {}

  public static void main(String[] arguments) throws Exception {
    Map<String, Object> clients =
        Map.of("bootstrap.servers", arguments[0], LocalStack.REGISTRY_URL, arguments[1]);
    Topics topics = new Topics(arguments[2]);
    Dataset dataset = Datasets.find(clients, topics, arguments[3]).orElseThrow();
    StreamSettings settings =
        new StreamSettings(
            clients,
            topics,
            Path.of(arguments[5], arguments[6]),
            1,
            COMMIT_MS,
            1_000_000,
            Replication.ONE,
            Duration.ofMinutes(5));
    Map<String, Object> config =
        new HashMap<>(settings.packing(topics.packerId(dataset.getName())));
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
    config.remove("transaction.timeout.ms");
    var topology =
        PackingTopology.build(
            dataset,
            topics,
            clients,
            () -> DocumentDecoder.of(dataset, clients),
            // The product refuses to begin where there are segments and no state.
            partition -> 0,
            new Counters());
    try (KafkaStreams streams = new KafkaStreams(topology, new StreamsConfig(config))) {
      streams.start();
      while (System.in.read() >= 0) {
        // Nothing is said to it; only the end counts.
      }
    }
  }
}
