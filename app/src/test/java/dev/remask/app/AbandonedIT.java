package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Replication;
import dev.remask.schemas.Topics;
import dev.remask.topology.StreamInstance;
import dev.remask.topology.StreamSettings;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * What killed instances have left open is ended by those that live, long before the broker would;
 * what others have open is not touched.
 */
@Timeout(120)
@ExtendWith(TestStack.Shared.class)
class AbandonedIT {
  /** The broker lets those of this test be open for so long. */
  private static final int BROKER_MS = 600_000;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Settings settings;
  private Topics topics;

  @Test
  void othersEndWhatAKilledInstanceHasLeftOpen(TestStack stack, @TempDir Path folder)
      throws Exception {
    settings = stack.settings("abandoned.", "dataset.name=abandoned", "run.name=abandoned");
    topics = settings.topics();
    Dataset dataset = TestStack.declare(settings, List.of("The vocabulary is there."));
    String ours = topics.maskerId("abandoned", 0) + "-" + UUID.randomUUID() + "-1";
    String packers = topics.packerId("abandoned") + "-" + UUID.randomUUID() + "-2";
    String anothers = topics.maskerId("another", 0) + "-" + UUID.randomUUID() + "-1";
    String trainers = topics.trainerId("abandoned");
    try (Admin admin = Admin.create(ClientConfigs.admin(settings.clients()));
        var masking = begun(ours);
        var packing = begun(packers);
        var foreign = begun(anothers);
        var training = begun(trainers);
        StreamInstance stream = instance(dataset, folder)) {
      assertThat(open(admin)).contains(ours, packers, anothers, trainers);
      stream.start();
      Await.until(
          "ours are ended",
          PATIENCE,
          () -> Collections.disjoint(open(admin), List.of(ours, packers)));
      assertThat(open(admin)).contains(anothers, trainers);
      assertThat(stream.failure()).isEmpty();
    }
  }

  /** With a transaction that nobody will end, a record of which is in the log. */
  private KafkaProducer<byte[], byte[]> begun(String transactionalId) throws Exception {
    Map<String, Object> config = new HashMap<>(ClientConfigs.producer(settings.clients()));
    config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    config.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, BROKER_MS);
    ByteArraySerializer bytes = new ByteArraySerializer();
    KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, bytes, bytes);
    producer.initTransactions();
    producer.beginTransaction();
    producer.send(new ProducerRecord<>(topics.deadLetters(), new byte[] {1})).get();
    return producer;
  }

  private static Set<String> open(Admin admin) throws Exception {
    var ongoing = new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING));
    return admin.listTransactions(ongoing).all().get().stream()
        .map(TransactionListing::transactionalId)
        .collect(Collectors.toSet());
  }

  private StreamInstance instance(Dataset dataset, Path folder) {
    Map<String, Object> clients = new HashMap<>(settings.clients());
    clients.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 2_000);
    return new StreamInstance(
        new StreamSettings(
            clients, topics, folder, 1, 100, 1_000_000, Replication.ONE, Duration.ofMinutes(5)),
        dataset,
        "abandoned",
        Clock.systemUTC(),
        line -> {});
  }
}
