package dev.remask.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.topology.LostMarkers.Known;
import dev.remask.topology.LostMarkers.Open;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which of the transactions that are open in a log nobody will ever end. */
class LostMarkersTest {
  private static final TopicPartition PLACE = new TopicPartition("news.segments", 3);
  private static final TopicPartition ELSEWHERE = new TopicPartition("news.segments", 2);
  private static final Set<String> OURS = Set.of("remask-news-pack", "remask-base-epoch-0");
  private static final Open OPEN = new Open(PLACE, 4, 0, 0, 17);

  @ParameterizedTest
  @CsvSource({
    // Between the decision and its markers, too, it is undecided.
    "remask-news-pack, true, true, false",
    // Another one by now, which would have ended this one.
    "remask-news-pack, true, false, true",
    "remask-news-pack, false, false, true",
    "remask-base-epoch-0, false, false, true",
    // Of somebody else, or of the trainer.
    "theirs, false, false, false",
    "'', false, false, false",
  })
  void whatItsCoordinatorHasDoneWithIsLost(
      String application, boolean undecided, boolean here, boolean isLost) {
    Known latest = new Known(application, undecided, Set.of(here ? PLACE : ELSEWHERE));
    assertThat(LostMarkers.lost(List.of(OPEN), Map.of(4L, latest), OURS))
        .isEqualTo(isLost ? Set.of(OPEN) : Set.of());
  }

  @Test
  void whoseProducerNobodyKnowsIsNotJudged() {
    Known other = new Known("remask-news-pack", false, Set.of());
    assertThat(LostMarkers.lost(List.of(OPEN), Map.of(5L, other), OURS)).isEmpty();
    assertThat(LostMarkers.lost(List.of(OPEN), Map.of(), OURS)).isEmpty();
  }

  @Test
  void onlyProducersWithATransactionAreOpen() {
    ProducerState idle = new ProducerState(3, 1, 9, 1_000, OptionalInt.of(2), OptionalLong.empty());
    ProducerState first =
        new ProducerState(4, 0, 2, 1_000, OptionalInt.empty(), OptionalLong.of(17));
    ProducerState later = new ProducerState(5, 6, 2, 1_000, OptionalInt.of(8), OptionalLong.of(30));
    assertThat(Open.of(PLACE, List.of(idle, first, later)))
        .containsExactly(OPEN, new Open(PLACE, 5, 6, 8, 30));
  }
}
