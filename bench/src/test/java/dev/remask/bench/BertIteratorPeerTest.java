package dev.remask.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BertIteratorPeerTest {
  /** The last batch is short. */
  @Test
  void everyTokenComesOutInEveryPass() {
    int[] segment = IntStream.rangeClosed(4, 20).toArray();
    BertIteratorPeer peer =
        new BertIteratorPeer(IntStream.range(0, 70).mapToObj(i -> segment).toList(), 30);
    assertThat(List.of(peer.pass(), peer.pass())).containsOnly(70L * 17);
  }
}
