package dev.remask.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class GroupProgressTest {
  @Test
  void theLagIsWhatIsThereAndNotRead() {
    Map<Integer, Long> ends = Map.of(0, 10L, 1, 7L);
    assertThat(GroupProgress.lag(Map.of(0, 0L, 1, 0L), Map.of(), ends)).isEqualTo(17);
    assertThat(GroupProgress.lag(Map.of(0, 4L, 1, 0L), Map.of(), ends))
        .as("some of it was deleted")
        .isEqualTo(13);
    assertThat(GroupProgress.lag(Map.of(0, 4L, 1, 0L), Map.of(0, 9L), ends)).isEqualTo(8);
    assertThat(GroupProgress.lag(Map.of(0, 4L), Map.of(0, 2L, 1, 7L), ends)).isEqualTo(6);
    assertThat(GroupProgress.lag(Map.of(), Map.of(0, 10L, 1, 9L), ends))
        .as("the end was asked before")
        .isZero();
  }
}
