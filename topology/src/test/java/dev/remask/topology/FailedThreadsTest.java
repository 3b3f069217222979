package dev.remask.topology;

import static org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.REPLACE_THREAD;
import static org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.schemas.Outage;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.streams.errors.MissingSourceTopicException;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Time goes on by a second whenever anyone looks at the clock. */
class FailedThreadsTest {
  private static final Duration MAX = Duration.ofMinutes(5);

  private final List<String> lines = new ArrayList<>();
  private final List<Throwable> ends = new ArrayList<>();
  private long now;
  private boolean closing;
  private int probesToFail;

  private final FailedThreads threads =
      new FailedThreads(
          "news",
          new Outage(MAX, lines::add, this::time),
          this::probe,
          () -> closing,
          ends::add,
          this::time);

  private long time() {
    now += Duration.ofSeconds(1).toNanos();
    return now;
  }

  private void probe() {
    if (probesToFail-- > 0) {
      throw new KafkaException(new ConfigException("No resolvable bootstrap urls given"));
    }
  }

  /** As Kafka Streams wraps what a processor or a serializer throws. */
  static Throwable[] outages() {
    return new Throwable[] {
      new StreamsException("in a processor", new DisconnectException("registry")),
      new StreamsException(new StreamsException("task timeout", new TimeoutException("broker"))),
      new StreamsException(new SerializationException("Confluent's", new ConnectException("no"))),
      // Not an outage, but no more than one: the next thread asks in the right order.
      new StreamsException(new NoOffsetForPartitionException(new TopicPartition("segments", 2))),
    };
  }

  static Throwable[] ends() {
    return new Throwable[] {
      new StreamsException(new IllegalStateException("a broken invariant")),
      new StreamsException(new SerializationException("cannot decode")),
      new StreamsException(new SaslAuthenticationException("who are you")),
      new StreamsException(new TimeoutException("late", new TopicAuthorizationException("news"))),
      new OutOfMemoryError("heap"),
    };
  }

  @ParameterizedTest
  @MethodSource("outages")
  void anOutageIsWaitedForAndTheThreadReplaced(Throwable outage) {
    assertThat(threads.handle(outage)).isEqualTo(REPLACE_THREAD);
    assertThat(lines).hasSize(1);
    assertThat(ends).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("ends")
  void anythingElseEndsTheTopologyAtOnce(Throwable failure) {
    assertThat(threads.handle(failure)).isEqualTo(SHUTDOWN_CLIENT);
    assertThat(ends).containsExactly(failure);
    assertThat(lines).isEmpty();
  }

  @Test
  void anOutageThatGoesOnEndsTheTopology() {
    Throwable outage = outages()[0];
    int replaced = 0;
    while (threads.handle(outage) == REPLACE_THREAD) {
      replaced++;
      threads.look();
    }
    assertThat(replaced).isBetween(10, 300);
    assertThat(ends).containsExactly(outage);
    assertThat(now).isBetween(MAX.toNanos(), MAX.plusMinutes(1).toNanos());
  }

  /** Else the next one, hours later, would be one outage with this one. */
  @Test
  void anOutageIsOverWhenNoThreadHasFailedForLong() {
    Throwable outage = outages()[0];
    for (int outages = 0; outages < 20; outages++) {
      for (int i = 0; i < 10; i++) {
        assertThat(threads.handle(outage)).isEqualTo(REPLACE_THREAD);
        threads.look();
      }
      assertThat(lines).filteredOn("it is back"::equals).hasSize(outages);
      now += FailedThreads.QUIET.toNanos();
      threads.look();
      threads.look();
      assertThat(lines).filteredOn("it is back"::equals).hasSize(outages + 1);
    }
    assertThat(ends).isEmpty();
  }

  /** Kafka Streams makes the new thread's clients in the old thread, and gives up if it cannot. */
  @Test
  void aThreadIsReplacedOnceItsClientsCanBeMade() {
    probesToFail = 3;
    assertThat(threads.handle(outages()[1])).isEqualTo(REPLACE_THREAD);
    assertThat(probesToFail).isEqualTo(-1);
    probesToFail = Integer.MAX_VALUE;
    assertThat(threads.handle(outages()[1])).isEqualTo(SHUTDOWN_CLIENT);
    assertThat(ends).containsExactly(outages()[1].getClass().cast(ends.get(0)));
  }

  @Test
  void aTopicThatIsNotThereIsNamed() {
    var missing = new StreamsException(new MissingSourceTopicException("One or more"));
    assertThat(threads.handle(missing)).isEqualTo(SHUTDOWN_CLIENT);
    assertThat(ends).hasSize(1);
    assertThat(ends.get(0)).hasMessage("topic news does not exist").hasCause(missing);
  }

  @Test
  void whileClosingNobodyWaits() {
    closing = true;
    assertThat(threads.handle(outages()[0])).isEqualTo(SHUTDOWN_CLIENT);
    assertThat(ends).isEmpty();
  }
}
