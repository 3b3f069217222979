package dev.remask.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.Topology;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopologiesTest {
  private static Topology topology() {
    return new Topology()
        .addSource("source", new ByteArrayDeserializer(), new ByteArrayDeserializer(), "news");
  }

  private static Map<String, Object> config(Path state, String id) {
    Map<String, Object> config = new HashMap<>(Fixture.settings().masking(id));
    config.put("bootstrap.servers", "127.0.0.1:1"); // nobody listens there
    config.put("state.dir", state.toString());
    return config;
  }

  @Test
  void allAreClosedInTimeWhenTheBrokerIsAway(@TempDir Path state) {
    var topologies = new Topologies(Duration.ofMinutes(5), line -> {}, () -> false, cause -> {});
    List<RunningTopology> open = new ArrayList<>();
    for (String id : List.of("a", "b", "c")) {
      open.add(topologies.open(topology(), config(state, id), "news"));
    }
    open.forEach(RunningTopology::start);
    Duration max = Duration.ofSeconds(3);
    long begin = System.nanoTime();
    topologies.close(max);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(max.plusSeconds(1));
    assertThat(open).allMatch(running -> !running.state().equals("RUNNING"));
    assertThat(open).allMatch(running -> running.partitions().isEmpty());
    topologies.close(max); // none is left
  }
}
