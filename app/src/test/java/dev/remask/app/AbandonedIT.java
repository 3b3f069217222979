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
 * What killed instances have left open is ended by those that live, before the broker would; what
 * others have open is not touched, nor what an instance that has more time has open.
 */
@Timeout(120)
@ExtendWith(TestStack.Shared.class)
class AbandonedIT {
  private static final int SHORT_MS = 2_000;
  private static final int LONG_MS = 600_000;
  private static final Duration BEFORE_THE_NEXT_LOOK = Duration.ofSeconds(8);

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Settings settings;
  private Topics topics;

  @Test
  void othersEndWhatAKilledInstanceHasLeftOpen(TestStack stack, @TempDir Path folder)
      throws Exception {
    settings = stack.settings("abandoned.", "dataset.name=abandoned", "run.name=abandoned");
    topics = settings.topics();
    Dataset dataset = TestStack.declare(settings, List.of("The vocabulary is there."));
    String ours = streams(topics.maskerId("abandoned", 0));
    String packers = streams(topics.packerId("abandoned"));
    String patient = streams(topics.maskerId("abandoned", 0));
    String another = streams(topics.maskerId("another", 0));
    String trainer = topics.trainerId("abandoned");
    try (Admin admin = Admin.create(ClientConfigs.admin(settings.clients()));
        StreamInstance stream = instance(dataset, folder)) {
      stream.start();
      awaitLook(admin);
      try (var masking = begun(ours, SHORT_MS);
          var packing = begun(packers, SHORT_MS);
          var slow = begun(patient, LONG_MS);
          var foreign = begun(another, LONG_MS);
          var training = begun(trainer, LONG_MS)) {
        Await.until(
            "ours are ended before the broker looks again",
            BEFORE_THE_NEXT_LOOK,
            () -> Collections.disjoint(open(admin), List.of(ours, packers)));
        assertThat(open(admin)).contains(patient, another, trainer);
      }
      assertThat(stream.failure()).isEmpty();
    }
  }

  private static String streams(String applicationId) {
    return applicationId + "-" + UUID.randomUUID() + "-1";
  }

  /** The broker has just ended what had timed out; it looks again in ten seconds. */
  private void awaitLook(Admin admin) throws Exception {
    String nobodys = streams("nobody");
    try (var timedOut = begun(nobodys, 1_000)) {
      Await.until("the broker looks", PATIENCE, () -> !open(admin).contains(nobodys));
    }
  }

  /** With a transaction that nobody will end, a record of which is in the log. */
  private KafkaProducer<byte[], byte[]> begun(String transactionalId, int timeoutMs)
      throws Exception {
    Map<String, Object> config = new HashMap<>(ClientConfigs.producer(settings.clients()));
    config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    config.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, timeoutMs);
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
    clients.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, SHORT_MS);
    return new StreamInstance(
        new StreamSettings(
            clients, topics, folder, 1, 100, 1_000_000, Replication.ONE, Duration.ofMinutes(5)),
        dataset,
        "abandoned",
        Clock.systemUTC(),
        line -> {});
  }
}
