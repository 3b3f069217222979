package dev.remask.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.Replication;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamInstanceTest {
  private static SortedMap<Integer, PlannedEpoch> epochs(boolean... done) {
    SortedMap<Integer, PlannedEpoch> epochs = new TreeMap<>();
    for (int epoch = 0; epoch < done.length; epoch++) {
      var plan = Fixture.plan(epoch == 0 ? null : List.of(1L));
      epochs.put(epoch, new PlannedEpoch(Fixture.RUN, epoch, plan, done[epoch]));
    }
    return epochs;
  }

  @Test
  void replaysRunOneAfterAnotherAndTheLiveLaneIsNone() {
    assertThat(StreamInstance.toReplay(epochs(false), 0)).isEmpty();
    assertThat(StreamInstance.toReplay(epochs(false, true, false, false), 0))
        .map(PlannedEpoch::epoch)
        .hasValue(2);
    assertThat(StreamInstance.toReplay(epochs(false, true, true), 0)).isEmpty();
  }

  /** The owner may make one again and again while the broker is away. */
  @Test
  void anInstanceThatCannotBeMadeLeavesNothingOpen(@TempDir Path state) {
    Map<String, Object> clients = new HashMap<>(Fixture.CLIENTS);
    clients.put("bootstrap.servers", "127.0.0.1:1"); // nobody listens there
    clients.put("default.api.timeout.ms", 500);
    clients.put("request.timeout.ms", 400);
    var away =
        new StreamSettings(
            clients, Fixture.TOPICS, state, 1, 200, 1000, Replication.ONE, Duration.ofMinutes(5));
    clients.put("schema.registry.url", "");
    var misled =
        new StreamSettings(
            clients, Fixture.TOPICS, state, 1, 200, 1000, Replication.ONE, Duration.ofMinutes(5));
    Set<Thread> before = kafkaThreads();
    for (StreamSettings settings : List.of(away, misled)) {
      assertThatThrownBy(
              () ->
                  new StreamInstance(
                      settings,
                      Fixture.dataset(1, 0, 0),
                      Fixture.RUN,
                      Clock.systemUTC(),
                      line -> {}))
          .isInstanceOf(KafkaException.class);
    }
    assertThat(kafkaThreads()).isSubsetOf(before);
  }

  private static Set<Thread> kafkaThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("kafka-"))
        .collect(Collectors.toSet());
  }

  /** What makes deleting it needless when an epoch ends. */
  @Test
  void aMaskerHasNoFolder(@TempDir Path folder) {
    Path state = folder.resolve("streams");
    Map<String, Object> clients = new HashMap<>(Fixture.CLIENTS);
    clients.put("bootstrap.servers", "127.0.0.1:1");
    var settings =
        new StreamSettings(
            clients, Fixture.TOPICS, state, 1, 200, 1000, Replication.ONE, Duration.ofMinutes(5));
    var topology =
        MaskingTopology.build(
            Fixture.RUN,
            1,
            Fixture.plan(List.of(1L)),
            Fixture.dataset(1, 0, 0),
            Fixture.TOPICS,
            clients,
            () -> false,
            new Counters());
    var topologies = new Topologies(Duration.ofMinutes(5), line -> {}, () -> false, cause -> {});
    var masker = topologies.open(topology, settings.masking("masker"), "segments");
    masker.start();
    topologies.close(Duration.ofSeconds(10));
    assertThat(state).doesNotExist();
  }

  /** Its group may be gone: begun again, it would mask everything again. */
  @Test
  void anEpochThatHasEndedIsNotBegunAgainWhileItsEndIsNotVisible() {
    assertThat(StreamInstance.toReplay(epochs(false, true, false), 2)).isEmpty();
    assertThat(StreamInstance.toReplay(epochs(false, true, false, false), 2))
        .map(PlannedEpoch::epoch)
        .hasValue(3);
  }
}
