package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DeleteRecordsResult;
import org.apache.kafka.clients.admin.DeletedRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.junit.jupiter.api.Test;

class PurgeTest {
  private static final TopicPartition LIVE = new TopicPartition("live", 0);
  private final List<KafkaFutureImpl<DeletedRecords>> asked = new ArrayList<>();
  private final List<Object> closed = new ArrayList<>();

  private final Admin admin =
      (Admin)
          Proxy.newProxyInstance(
              Admin.class.getClassLoader(),
              new Class<?>[] {Admin.class},
              (proxy, method, arguments) -> {
                if (method.getName().equals("close")) {
                  closed.add(arguments[0]);
                  return null;
                }
                assertThat(method.getName()).isEqualTo("deleteRecords");
                KafkaFutureImpl<DeletedRecords> answer = new KafkaFutureImpl<>();
                asked.add(answer);
                return new DeleteRecordsResult(Map.of(LIVE, answer));
              });

  @Test
  void asksOnceForWhatIsNew() {
    Purge purge = new Purge(admin);
    purge.before(Map.of());
    purge.before(Map.of(LIVE, 5L));
    purge.before(Map.of(LIVE, 5L));
    purge.before(Map.of(LIVE, 4L));
    assertThat(asked).hasSize(1);
    purge.before(Map.of(LIVE, 6L));
    assertThat(asked).hasSize(2);
  }

  @Test
  void asksAgainForWhatCouldNotBeDeleted() {
    Purge purge = new Purge(admin);
    purge.before(Map.of(LIVE, 5L));
    asked.get(0).completeExceptionally(new TimeoutException("nobody there"));
    purge.before(Map.of(LIVE, 5L));
    assertThat(asked).hasSize(2);
  }

  /** What ends the trainer must not wait a minute for a purge, before it is told. */
  @Test
  void closingWaitsAMomentOnly() {
    Purge purge = new Purge(admin);
    purge.before(Map.of(LIVE, 5L));
    purge.close();
    assertThat(closed).containsExactly(Duration.ofMillis(500));
  }
}
