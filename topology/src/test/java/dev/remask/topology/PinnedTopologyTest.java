package dev.remask.topology;

import static dev.remask.topology.Fixture.CLIENTS;
import static dev.remask.topology.Fixture.RUN;
import static dev.remask.topology.Fixture.TOPICS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.schemas.Dataset;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.streams.Topology;
import org.junit.jupiter.api.Test;

/**
 * The topologies as text, in {@code src/test/resources/topologies}. Before you change such a file,
 * think of the instances that run the old topology:
 *
 * <ul>
 *   <li>A renamed store has a changelog of another name: the packer would start from nothing,
 *       number its segments from 0 again and break every dense sequence (invariant 3). Do not.
 *   <li>A new source topic or a second sub-topology changes task ids, and with them what the
 *       changelog partitions mean. Old and new instances cannot share a group.
 *   <li>A new store starts empty in the middle of the log: what it holds must not matter for the
 *       records before.
 *   <li>A store that is gone leaves its changelog behind; instances that know it still write it.
 *   <li>A renamed node or sink is harmless, but for metrics by that name.
 * </ul>
 *
 * Where the state cannot be carried over, the answer is another dataset name: another application
 * id, another log.
 */
class PinnedTopologyTest {
  private static final Dataset DATASET = Fixture.dataset(2, 10, 100);

  @Test
  void packing() throws IOException {
    Topology topology =
        PackingTopology.build(
            DATASET,
            TOPICS,
            CLIENTS,
            () -> DocumentDecoder.of(DATASET, CLIENTS),
            partition -> 0,
            new Counters());
    assertThat(topology.describe().toString()).isEqualTo(pinned("packing.txt"));
  }

  @Test
  void liveLane() throws IOException {
    Topology topology =
        MaskingTopology.build(
            RUN, 0, Fixture.plan(null), DATASET, TOPICS, CLIENTS, () -> false, new Counters());
    assertThat(topology.describe().toString()).isEqualTo(pinned("live.txt"));
  }

  @Test
  void replay() throws IOException {
    Topology topology =
        MaskingTopology.build(
            RUN,
            1,
            Fixture.plan(List.of(1L, 2L)),
            DATASET,
            TOPICS,
            CLIENTS,
            () -> false,
            new Counters());
    assertThat(topology.describe().toString()).isEqualTo(pinned("replay.txt"));
  }

  private static String pinned(String file) throws IOException {
    try (InputStream text = PinnedTopologyTest.class.getResourceAsStream("/topologies/" + file)) {
      assertThat(text).as(file).isNotNull();
      return new String(text.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
