package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class PatienceTest {
  private final List<String> notices = new ArrayList<>();

  /** Each look at the clock takes a second. */
  static Patience patience(Duration max, List<String> notices, BooleanSupplier stop) {
    AtomicLong seconds = new AtomicLong();
    return new Patience(max, notices::add, () -> seconds.incrementAndGet() * 1_000_000_000, stop);
  }

  private Patience patience(int seconds, BooleanSupplier stop) {
    return patience(Duration.ofSeconds(seconds), notices, stop);
  }

  @Test
  void asksUntilThereIsAnAnswer() {
    AtomicInteger asked = new AtomicInteger();
    int answer =
        patience(3_600, () -> false)
            .ask(
                "reading",
                () -> {
                  if (asked.incrementAndGet() < 50) {
                    throw new TimeoutException("nobody there");
                  }
                  return asked.get();
                });
    assertThat(answer).isEqualTo(50);
    assertThat(notices.get(0))
        .isEqualTo("reading: no answer for 0 s, giving up after 3600 s: nobody there");
    assertThat(notices).last().isEqualTo("reading: it is back");
    assertThat(notices).hasSizeBetween(3, 20);
  }

  @Test
  void endsWithOneLineWhenItHasLastedTooLong() {
    assertThatThrownBy(
            () ->
                patience(30, () -> false)
                    .tell(
                        "reading",
                        () -> {
                          throw new TimeoutException("nobody there");
                        }))
        .isInstanceOf(TimeoutException.class)
        .hasMessage("reading has failed for more than 30 s: nobody there");
  }

  @Test
  void aRefusalIsNoAbsence() {
    for (RuntimeException refusal :
        List.of(
            new SaslAuthenticationException("wrong password"),
            new TopicAuthorizationException("ledger"),
            new IllegalStateException("a gap"))) {
      assertThatThrownBy(
              () ->
                  patience(3_600, () -> false)
                      .tell(
                          "reading",
                          () -> {
                            throw refusal;
                          }))
          .isSameAs(refusal);
    }
    assertThat(notices).isEmpty();
  }

  /** Clients block for a minute and more. */
  @Test
  void aStopEndsAQuestionThatBlocks() {
    AtomicBoolean stop = new AtomicBoolean();
    AtomicBoolean interrupted = new AtomicBoolean();
    assertThatThrownBy(
            () ->
                patience(3_600, stop::get)
                    .tell(
                        "reading",
                        () -> {
                          stop.set(true);
                          try {
                            Thread.sleep(60_000);
                          } catch (InterruptedException e) {
                            interrupted.set(true);
                          }
                        }))
        .isInstanceOf(Stopped.class);
    assertThat(interrupted).isTrue();
  }

  @Test
  void aStopEndsThePause() {
    AtomicInteger asked = new AtomicInteger();
    assertThatThrownBy(
            () ->
                patience(3_600, () -> asked.get() == 5)
                    .tell(
                        "reading",
                        () -> {
                          asked.incrementAndGet();
                          throw new TimeoutException("nobody there");
                        }))
        .isInstanceOf(Stopped.class);
    assertThat(asked.get()).isEqualTo(5);
  }

  @Test
  void anErrorIsNotSwallowed() {
    assertThatThrownBy(
            () ->
                patience(3_600, () -> false)
                    .tell(
                        "reading",
                        () -> {
                          throw new NoClassDefFoundError("lost");
                        }))
        .isInstanceOf(NoClassDefFoundError.class);
  }
}
