package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OutageTest {
  static RuntimeException[] outages() {
    return new RuntimeException[] {
      new TimeoutException("no answer"),
      new DisconnectException("gone"),
      new KafkaException("wrapped", new DisconnectException("gone")),
      new SerializationException("Error retrieving schema", new ConnectException("refused")),
      new SerializationException("Error", new RuntimeException(new UnknownHostException("r"))),
      new KafkaException(
          "Failed to construct kafka consumer",
          new ConfigException("No resolvable bootstrap urls given in bootstrap.servers")),
    };
  }

  static RuntimeException[] others() {
    return new RuntimeException[] {
      new IllegalStateException("a broken invariant"),
      new ConfigException("bootstrap.servers", "x", "must be a host"),
      new SerializationException("Error deserializing", new EOFException()),
    };
  }

  static RuntimeException[] refusals() {
    return new RuntimeException[] {
      new AuthenticationException("401"),
      new SaslAuthenticationException("no such user"),
      new TopicAuthorizationException("no"),
      new TimeoutException("gave up", new SaslAuthenticationException("no such user")),
      new KafkaException(new KafkaException(new TopicAuthorizationException("no"))),
    };
  }

  @ParameterizedTest
  @MethodSource("outages")
  void whatCannotBeReachedMayComeBack(RuntimeException failure) {
    assertThat(Outage.is(failure)).isTrue();
    assertThat(Outage.isRefusal(failure)).isFalse();
  }

  @ParameterizedTest
  @MethodSource("others")
  void anythingElseIsNoOutage(RuntimeException failure) {
    assertThat(Outage.is(failure)).isFalse();
    assertThat(Outage.isRefusal(failure)).isFalse();
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void whoMayNotNeedNotWait(RuntimeException failure) {
    assertThat(Outage.is(failure)).isFalse();
    assertThat(Outage.isRefusal(failure)).isTrue();
  }

  /** Time goes on by a second with each look. */
  @Test
  void itIsBorneWithALineNowAndThenUntilItHasLastedTooLong() {
    AtomicLong clock = new AtomicLong();
    List<String> lines = new ArrayList<>();
    Outage outage =
        new Outage(
            Duration.ofSeconds(60),
            lines::add,
            () -> clock.addAndGet(Duration.ofSeconds(1).toNanos()));
    TimeoutException failure = new TimeoutException("no answer");
    int borne = 0;
    try {
      while (borne < 1000) {
        outage.bear(failure, () -> true);
        borne++;
      }
    } catch (TimeoutException e) {
      assertThat(e).isSameAs(failure);
    }
    assertThat(borne).isBetween(10, 60);
    assertThat(lines).hasSizeBetween(4, 7).allMatch(line -> line.contains("no answer"));

    outage.over();
    outage.over();
    assertThat(lines).filteredOn(line -> line.equals("it is back")).hasSize(1);
    outage.bear(failure, () -> true);
    assertThat(lines).last().asString().contains("no answer");
  }

  @Test
  void whatIsNoOutageIsThrownAtOnce() {
    Outage outage = new Outage(Duration.ofSeconds(60), line -> {}, System::nanoTime);
    IllegalStateException failure = new IllegalStateException("broken");
    assertThatThrownBy(() -> outage.bear(failure, () -> true)).isSameAs(failure);
  }
}
