package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

class CachingRegistryClientTest {
  /** Counts its questions; fails the first ones. */
  private static final class Counting implements RegistryClient {
    final AtomicInteger questions = new AtomicInteger();
    final int failures;

    Counting(int failures) {
      this.failures = failures;
    }

    private int answer() {
      int question = questions.incrementAndGet();
      if (question <= failures) {
        throw new TimeoutException("down");
      }
      return question;
    }

    @Override
    public int register(String subject, Schema schema) {
      return answer();
    }

    @Override
    public int lookup(String subject, Schema schema) {
      return answer();
    }

    @Override
    public Schema schema(int id, String subject) {
      return Samples.schema(answer());
    }
  }

  @Test
  void aQuestionIsAskedOnce() {
    Counting registry = new Counting(0);
    RegistryClient client = new CachingRegistryClient(registry);
    for (int i = 0; i < 3; i++) {
      assertThat(client.register("s", Samples.schema(0))).isEqualTo(1);
    }
    assertThat(client.register("t", Samples.schema(0))).isEqualTo(2);
    assertThat(client.lookup("s", Samples.schema(0))).isEqualTo(3);
    assertThat(client.schema(9, "s")).isSameAs(client.schema(9, "t"));
    assertThat(registry.questions).hasValue(4);
  }

  @Test
  void aFailureIsNotRemembered() {
    RegistryClient client = new CachingRegistryClient(new Counting(1));
    assertThatThrownBy(() -> client.schema(1, "s")).isInstanceOf(TimeoutException.class);
    assertThat(client.schema(1, "s")).isEqualTo(Samples.schema(2));
  }

  @Test
  void manyThreadsAskOnce() throws Exception {
    Counting registry = new Counting(0);
    RegistryClient client = new CachingRegistryClient(registry);
    int threads = 8;
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    CountDownLatch start = new CountDownLatch(threads);
    try {
      List<Future<Integer>> ids =
          IntStream.range(0, threads)
              .mapToObj(
                  i ->
                      executor.submit(
                          () -> {
                            start.countDown();
                            start.await();
                            return client.register("s", Samples.schema(0));
                          }))
              .toList();
      for (Future<Integer> id : ids) {
        assertThat(id.get()).isEqualTo(1);
      }
    } finally {
      executor.shutdownNow();
    }
    assertThat(registry.questions).hasValue(1);
  }
}
