package dev.remask.app;

import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.PlanReader;
import dev.remask.schemas.Replication;
import dev.remask.schemas.Topics;
import dev.remask.topology.Counters;
import dev.remask.topology.MaskingTopology;
import dev.remask.topology.StreamSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;

/**
 * The control: the masker of epoch 1 as the product has it, but for the guarantee, which the
 * product does not let anyone change. A {@link StreamChild} by its arguments and its end.
 */
final class AtLeastOnce {
  private static final int EPOCH = 1;

  private AtLeastOnce() {}

  public static void main(String[] arguments) throws Exception {
    Map<String, Object> clients =
        Map.of("bootstrap.servers", arguments[0], LocalStack.REGISTRY_URL, arguments[1]);
    Topics topics = new Topics(arguments[2]);
    Dataset dataset = Datasets.find(clients, topics, arguments[3]).orElseThrow();
    String run = arguments[4];
    StreamSettings settings =
        new StreamSettings(
            clients,
            topics,
            Path.of(arguments[5], arguments[6]),
            1,
            100,
            1_000_000,
            Replication.ONE,
            Duration.ofMinutes(5));
    Map<String, Object> config = new HashMap<>(settings.masking(topics.maskerId(run, EPOCH)));
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
    config.remove("transaction.timeout.ms");
    var topology =
        MaskingTopology.build(
            run,
            EPOCH,
            plan(clients, topics, run),
            dataset,
            topics,
            clients,
            () -> false,
            new Counters());
    try (KafkaStreams streams = new KafkaStreams(topology, new StreamsConfig(config))) {
      streams.start();
      while (System.in.read() >= 0) {
        // Nothing is said to it; only the end counts.
      }
    }
  }

  private static EpochPlan plan(Map<String, Object> clients, Topics topics, String run) {
    try (PlanReader plans = new PlanReader(clients, topics)) {
      plans.readToEnd();
      return plans.epochs(run).get(EPOCH).plan();
    }
  }
}
