package dev.remask.topology;

import static dev.remask.topology.FailedThreads.QUIET;
import static org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.REPLACE_THREAD;
import static org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.schemas.Outage;
import dev.remask.topology.GroupProgress.Position;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
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
  private Runnable probed = () -> {};

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
    probed.run();
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
      // The broker rolled a transaction back while its commit was under way.
      new StreamsException("committing", new InvalidTxnStateException("COMPLETE_ABORT")),
      new StreamsException(
          "committing",
          new KafkaException(
              "Unhandled error in EndTxnResponse: "
                  + "The server experienced an unexpected error when processing the request.")),
    };
  }

  static Throwable[] ends() {
    return new Throwable[] {
      new StreamsException(new IllegalStateException("a broken invariant")),
      new StreamsException(new SerializationException("cannot decode")),
      new StreamsException(new SaslAuthenticationException("who are you")),
      new StreamsException(new TimeoutException("late", new TopicAuthorizationException("news"))),
      new StreamsException(new KafkaException("Failed to construct kafka producer")),
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
      threads.look(STUCK);
    }
    assertThat(replaced).isBetween(10, 300);
    assertThat(ends).containsExactly(outage);
    assertThat(now).isBetween(MAX.toNanos(), MAX.plusMinutes(1).toNanos());
  }

  private static final Supplier<Optional<Map<Integer, Position>>> STUCK = at(5, 9);

  /** One partition. */
  private static Supplier<Optional<Map<Integer, Position>>> at(long next, long end) {
    return () -> Optional.of(Map.of(0, new Position(next, end)));
  }

  private void lookFor(Duration time, Supplier<Optional<Map<Integer, Position>>> positions) {
    for (long until = now + time.toNanos(); now < until; now += QUIET.toNanos() / 30) {
      threads.look(positions);
    }
  }

  private int timesBack() {
    return Collections.frequency(lines, "it is back");
  }

  /** A registry that takes every call and answers none of them lets each thread live for long. */
  @Property(tries = 100)
  void howeverSeldomThreadsFailAnOutageEnds(
      @ForAll @Size(min = 400, max = 400) List<@IntRange(max = 200) Integer> seconds) {
    FailedThreadsTest fresh = new FailedThreadsTest();
    Throwable outage = outages()[0];
    long first = fresh.now;
    long longest = 0;
    for (int gap : seconds) {
      long before = fresh.now;
      if (fresh.threads.handle(outage) == SHUTDOWN_CLIENT) {
        break;
      }
      fresh.lookFor(Duration.ofSeconds(gap), STUCK);
      longest = Math.max(longest, fresh.now - before);
    }
    assertThat(fresh.ends).containsExactly(outage);
    assertThat(fresh.timesBack()).isZero();
    assertThat(fresh.now - first).isBetween(MAX.toNanos(), MAX.plusMinutes(1).toNanos() + longest);
  }

  /** Else the next one, hours later, would be one outage with this one. */
  @Test
  void anOutageIsOverWhenMoreIsCommitted() {
    Throwable outage = outages()[0];
    for (int outages = 0; outages < 20; outages++) {
      for (int i = 0; i < 10; i++) {
        assertThat(threads.handle(outage)).isEqualTo(REPLACE_THREAD);
        lookFor(Duration.ofSeconds(5), at(outages, 100));
      }
      assertThat(timesBack()).isEqualTo(outages);
      lookFor(Duration.ofSeconds(5), at(outages + 1, 100));
      assertThat(timesBack()).isEqualTo(outages + 1);
    }
    assertThat(ends).isEmpty();
  }

  /** What was committed before the last failure says nothing of what is after it. */
  @Test
  void onlyWhatIsCommittedAfterTheLastFailureCounts() {
    threads.handle(outages()[0]);
    lookFor(Duration.ofSeconds(5), at(3, 9));
    threads.handle(outages()[0]);
    lookFor(Duration.ofMinutes(3), at(4, 9));
    assertThat(timesBack()).isZero();
    lookFor(Duration.ofSeconds(5), at(5, 9));
    assertThat(timesBack()).isEqualTo(1);
  }

  /** A partition for which the topology cannot go on is not made good by another one. */
  @Test
  void everyPartitionMustGoOnOrHaveNoMoreToRead() {
    threads.handle(outages()[0]);
    for (long next = 0; next < 100; next++) {
      var positions = Map.of(0, new Position(next, 100), 1, new Position(5, 9));
      lookFor(Duration.ofSeconds(5), () -> Optional.of(positions));
    }
    assertThat(timesBack()).isZero();
    var positions = Map.of(0, new Position(100, 100), 1, new Position(6, 9));
    lookFor(Duration.ofSeconds(5), () -> Optional.of(positions));
    assertThat(timesBack()).isEqualTo(1);
  }

  @Test
  void whoHasNothingToDoMustBeQuietForLong() {
    List<Supplier<Optional<Map<Integer, Position>>>> nothing =
        List.of(at(9, 9), () -> Optional.of(Map.of()));
    for (int i = 0; i < nothing.size(); i++) {
      threads.handle(outages()[0]);
      lookFor(QUIET.dividedBy(2), nothing.get(i));
      threads.handle(outages()[0]);
      lookFor(QUIET.dividedBy(2), nothing.get(i));
      assertThat(timesBack()).isEqualTo(i);
      lookFor(QUIET, nothing.get(i));
      assertThat(timesBack()).isEqualTo(i + 1);
    }
  }

  @Test
  void aThreadThatIsStillToBeginIsNoEvidence() {
    threads.handle(outages()[0]);
    lookFor(Duration.ofHours(1), Optional::empty);
    assertThat(timesBack()).isZero();
  }

  /** Who looks must not wait for it either: backpressure is decided by the same thread. */
  @Test
  void anOutageIsNotOverWhileAFailureIsBorne() {
    probed =
        () -> {
          Thread looking = new Thread(() -> lookFor(QUIET.multipliedBy(3), at(9, 9)));
          looking.start();
          assertThat(Topologies.join(looking, System.nanoTime() + QUIET.toNanos())).isTrue();
        };
    threads.handle(outages()[0]);
    assertThat(timesBack()).isZero();
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
