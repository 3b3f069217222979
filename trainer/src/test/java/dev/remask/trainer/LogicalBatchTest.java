package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogicalBatchTest {
  /** On the line from the start at step 1 to the size at the step after the ramp, rounded down. */
  @Property
  void itGrowsLinearly(
      @ForAll @IntRange(min = 1, max = 1 << 20) int size,
      @ForAll @IntRange(min = 1, max = 1_000_000_000) int rampSteps,
      @ForAll @IntRange(min = 1, max = 1 << 20) int anyStart,
      @ForAll @IntRange(min = 1, max = 1_000_000_000) int anyStep) {
    int start = Math.min(anyStart, size);
    int step = Math.min(anyStep, rampSteps);
    LogicalBatch batch = new LogicalBatch(size, rampSteps, start);
    double line = start + (size - start) * ((step - 1) / (double) rampSteps);
    assertThat(batch.at(step)).isBetween((int) (line - 1), (int) (line + 1e-3));
    assertThat(batch.at(step)).isLessThanOrEqualTo(batch.at(step + 1L));
    assertThat(batch.at(1)).isEqualTo(start);
    assertThat(batch.at(rampSteps + 1L)).isEqualTo(size);
    assertThat(batch.at(Long.MAX_VALUE)).isEqualTo(size);
  }

  @Test
  void workedExample() {
    LogicalBatch batch = new LogicalBatch(256, 3, 64);
    assertThat(new int[] {batch.at(1), batch.at(2), batch.at(3), batch.at(4), batch.at(5)})
        .containsExactly(64, 128, 192, 256, 256);
    assertThat(LogicalBatch.constant(7).at(1)).isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource({
    "0,       0,          1, batch.size,       from 1 to 1048576",
    "1048577, 0,          1, batch.size,       from 1 to 1048576",
    "8,       -1,         1, batch.ramp.steps, from 0 to 1000000000",
    "8,       1000000001, 1, batch.ramp.steps, from 0 to 1000000000",
    "8,       1,          0, batch.ramp.start, from 1 to 8",
    "8,       1,          9, batch.ramp.start, from 1 to 8"
  })
  void namesTheKeyThatIsWrong(int size, long steps, int start, String key, String allowed) {
    assertThatThrownBy(() -> new LogicalBatch(size, steps, start))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(key)
        .hasMessageContaining(allowed);
  }
}
