package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.RecordDeserializationException.DeserializationExceptionOrigin;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** What a question is answered while broker and registry come and go. */
class ConnectionTest {
  private final List<String> notices = new ArrayList<>();
  private final AtomicInteger asked = new AtomicInteger();

  private Connection connection(Duration patience, boolean stopped) {
    Settings settings = Settings.of(Map.of(), null, Map.of(), Map.of());
    return new Connection(settings, patience, notices::add, () -> stopped);
  }

  /** As a record of the plans ends whose schema cannot be fetched, or cannot be read. */
  private static RuntimeException unreadable(RuntimeException cause) {
    return new RecordDeserializationException(
        DeserializationExceptionOrigin.VALUE,
        new TopicPartition("plans", 0),
        0,
        0,
        TimestampType.CREATE_TIME,
        null,
        null,
        new RecordHeaders(),
        "unreadable",
        cause);
  }

  @Test
  void asksAgainWhenTheRegistryWasAway() {
    String answer =
        connection(Duration.ofMinutes(1), false)
            .answer(
                () -> {
                  if (asked.incrementAndGet() == 1) {
                    throw unreadable(new DisconnectException("cannot reach the registry"));
                  }
                  return "run";
                })
            .orElseThrow();
    assertThat(answer).isEqualTo("run");
    assertThat(asked).hasValue(2);
    assertThat(notices).hasSize(2);
  }

  @Test
  void endsWhenItIsAwayForTooLong() {
    assertThatThrownBy(
            () ->
                connection(Duration.ZERO, false)
                    .answer(
                        () -> {
                          throw new DisconnectException("away");
                        }))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("did not answer");
  }

  @Test
  void passesOnWhatIsNoOutage() {
    RuntimeException broken = unreadable(new SerializationException("no Avro"));
    assertThatThrownBy(
            () ->
                connection(Duration.ofMinutes(1), false)
                    .answer(
                        () -> {
                          asked.incrementAndGet();
                          throw broken;
                        }))
        .isSameAs(broken);
    assertThat(asked).hasValue(1);
  }

  @Test
  void givesNothingWhenItIsStopped() {
    assertThat(connection(Duration.ofMinutes(1), true).answer(() -> "run")).isEmpty();
  }
}
